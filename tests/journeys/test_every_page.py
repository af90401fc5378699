"""Every kind of page that a person can reach by links, held against what WCAG 2.2 AA asks, and axe cannot see."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.journeys import checks
from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

FILES = re.compile(r"\.(csv|pdf)$|/preview$|^/copies/|^/static/")
# Those who signed in need not look again at what anybody sees in the same frame.
FOR_ANYBODY = re.compile(r"^/(accessibility|privacy|cookies|terms|terms-of-use)$")
COMPONENTS = (
    "/developers/components",
    "/developers/components/confirm",
    "/developers/components/form",
    "/developers/components/refusal",
    "/developers/components/errors/500",
    "/no-such-page",
)
TRAINER, REFUSED = "trainer@lakeshire.example", "trainer@hillside.example"
MANAGER, FINANCE = "manager@hillside.example", "finance@lakeshire.example"
STAFF = "staff@demo.example"


@pytest.mark.parametrize("email", ["", TRAINER, REFUSED, MANAGER, FINANCE])
def test_every_page_of(email: str, quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """Whoever is not staff."""
    someone = visitor(quiet_demo)
    if email:
        someone.sign_in(email)
    _examine_all(someone, *(() if email else COMPONENTS))


MONEY = re.compile(
    r"^/admin/(renewals|orders|invoices|payments|bank|mails/words|\w+/\d+/(order|prices|more-seats|keep-open|told)$)"
)
PEOPLE = re.compile(r"^/admin/(organisations|people|licences|programmes)")


@pytest.mark.parametrize("part", ["people", "money", "materials"])
def test_every_page_of_staff(part: str, quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """The many screens of the programme team, in parts so that several processes share them."""
    someone = visitor(quiet_demo)
    someone.sign_in(STAFF)
    _examine_all(someone, wanted=lambda path: _part_of(path) == part)


def _part_of(path: str) -> str:
    if MONEY.match(path):
        return "money"
    return "people" if PEOPLE.match(path) else "materials"


IMPORTED = "Name,Kind\nWestmoor Council,local authority\nLakeshire Council,local authority"
# What stands behind a button of staff, as: the page, the field, what is written there, and the button.
BEHIND = {
    "import-faults": ("/admin/imports/organisations", "Or paste the table", "Name,Kind\n,castle", "Look at it first"),
    "import-ready": ("/admin/imports/organisations", "Or paste the table", IMPORTED, "Look at it first"),
    "import-same": ("/admin/imports/organisations", "Or paste the table", IMPORTED, "Look at it first"),
    "merge-nobody": ("/admin/people/21/merge", "E-mail address of the other account", "no@no.example", "Look at what"),
    "merge-look": ("/admin/people/21/merge", "E-mail address of the other account", TRAINER, "Look at what"),
    "merge-places": (
        "/admin/organisations/4/merge",
        "Name of the other organisation",
        "Hillside Trust",
        "Look at what",
    ),
    "split-faults": ("/admin/organisations/4/split", "Name of the new organisation", "", "Split it"),
    "act-without-reason": ("/admin/members/5/act", "Why", "", "Act for"),
    "acting": ("/admin/members/5/act", "Why", "Asked by telephone", "Act for"),
}
ONWARD = {"import-ready": "Import 1 row"}
ACTING = ("/materials", "/materials/1", "/copies", "/account", "/help")


def test_pages_behind_buttons_of_staff(demo: Demo, visitor: MakeVisitor) -> None:
    """Imports, merges, a split and acting for somebody: what no link leads to."""
    someone = visitor(demo)
    someone.sign_in(STAFF)
    wrong: list[str] = []
    for name, (path, label, text, button) in BEHIND.items():
        someone.open(path)
        someone.write(label, text)
        someone.press(button, inside=someone.page.locator("main"))
        wrong += _faults(someone, name)
        if name in ONWARD:
            someone.press(ONWARD[name])
            wrong += _faults(someone, f"{name}-done")
    for path in ACTING:
        someone.open(path)
        wrong += _faults(someone, f"acting{path.replace('/', '-')}")
    someone.press("Stop acting")
    wrong += _faults(someone, "stopped")
    assert not wrong, "\n".join(wrong)


def _faults(someone: Visitor, name: str) -> list[str]:
    found = [*someone.faults(f"behind-{name}"), *someone.named_faults(), *checks.lost_when_text_grows(someone.page)]
    return [f"{name}: {one}" for one in found]


def _examine_all(someone: Visitor, *more: str, wanted: Callable[[str], bool] = lambda _path: True) -> None:
    wrong: list[str] = []
    titles: dict[str, str] = {}
    places: dict[str, str] = {}
    looked_at = 0
    for kind in _kinds(someone, *more):
        page, path = someone.page, urlsplit(someone.page.url).path
        if not wanted(path) or (someone.name != "anybody" and FOR_ANYBODY.match(path)):
            continue
        looked_at += 1
        name = re.sub(r"\W+", "-", kind).strip("-") or "home"
        faults = [
            *someone.faults(f"{someone.name}-{name}"),
            *someone.named_faults(),
            *checks.lost_when_text_grows(page),
        ]
        title = page.title()
        if title in titles:
            faults.append(f"has the title of {titles[title]}: {title}")
        titles[title] = kind
        places[checks.help_place(page)] = kind
        wrong += [f"{kind}: {one}" for one in faults]
    assert looked_at, "no page was found"
    if len(places) > 1:
        wrong.append(f"help is not in the same place, or not with the same words: {places}")
    assert not wrong, "\n".join(wrong)


def _kinds(someone: Visitor, *more: str) -> Iterator[str]:
    """Opens one page of each kind that links lead to; addresses that differ only in a number are one kind."""
    waiting, known = ["/", *more], set[str]()
    while waiting:
        path = waiting.pop(0)
        kind = _kind(path)
        if kind in known:
            continue
        known.add(kind)
        someone.open(path)
        landed = _kind(someone.page.url.removeprefix(someone.address))
        if landed != kind and landed in known:  # led on to a page that was looked at, or will be
            continue
        known.add(landed)
        links = someone.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        yield kind
        for link in links:
            found = link.removeprefix(someone.address).partition("#")[0]
            if found.startswith("/") and not FILES.search(urlsplit(found).path):
                waiting.append(found)


def _kind(path: str) -> str:
    return re.sub(r"/current/[^/]+", "/current/code", re.sub(r"\d+", "1", urlsplit(path).path))
