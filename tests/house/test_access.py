"""Who may come in where: the whole URL map against a committed table, then each row driven over HTTP.

The table (access.toml) holds a row for each address and method: its guard, an example, who drives it rightfully and
what they get. From the guard follows what everybody else must get: the door for anonymous, a page that says who can
for a wrong role. `stranger` is what a trainer and a manager of another organisation get: for one organisation's object
that is 404, the same as for one that never existed.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from kit.db import Base
from licences.guard import declaration
from licences.people.kinds import Role
from licences.policy import Action, can
from portal.app import ELSEWHERE
from tests.browser_like import Browser
from tests.house.examples import Examples, make_examples
from tests.world import FINANCE, MANAGER, STAFF, STRANGER, STRANGER_MANAGER, TRAINER, World

TABLE = Path(__file__).with_name("access.toml")
ROLES = {"trainer": TRAINER, "manager": MANAGER, "finance": FINANCE, "staff": STAFF}
ROLE_OF = {"trainer": Role.TRAINER, "manager": Role.MANAGER, "finance": Role.FINANCE, "staff": Role.STAFF}
STRANGERS = {"trainer": STRANGER, "manager": STRANGER_MANAGER}


@dataclass(frozen=True)
class Row:
    """One address and method. `expect` is a status, or for a 303 where it leads; `{names}` are filled in."""

    rule: str
    method: str
    guard: str
    example: str
    rightful: str
    expect: str
    form: dict[str, Any]
    stranger: int | None

    @property
    def changes(self) -> bool:
        return self.method == "POST"

    def may(self, role: str) -> bool:
        if self.guard in ("public", "signed in", "half signed in"):
            return True
        return can(ROLE_OF[role], Action[self.guard])


def rows() -> list[Row]:
    """The committed table."""
    return [
        Row(
            row["rule"],
            row.get("method", "GET"),
            row["guard"],
            row.get("example", row["rule"]),
            row.get("as", "staff"),
            str(row.get("expect", 200)),
            row.get("form", {}),
            row.get("stranger"),
        )
        for row in tomllib.loads(TABLE.read_text())["row"]
    ]


@pytest.fixture
def examples(world: World) -> Examples:
    return make_examples(world)


def test_the_table_and_the_url_map_are_the_same(world: World) -> None:
    there = {
        (rule.rule, method, str(declaration(world.app.view_functions[rule.endpoint])))
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    listed = {(row.rule, row.method, row.guard) for row in rows()}
    assert there - listed == set(), "addresses without a row in access.toml"
    assert listed - there == set(), "rows of access.toml without an address"


def test_every_page_that_lower_floors_lead_to_is_there(world: World) -> None:
    assert set(ELSEWHERE.values()) <= set(world.app.view_functions)


def test_each_rightful_person_comes_in(world: World, examples: Examples) -> None:
    """First of all the doors open for those whom they are for: else the rest of this file proves nothing."""
    wrong = []
    for row in rows():
        browser = examples.browser(ROLES[row.rightful])
        wrong += list(_unexpected(row, examples, _sent(browser, row, examples)))
    assert wrong == []


def test_everybody_else_stays_out(world: World, examples: Examples) -> None:
    wrong, sent = [], 0
    for row in rows():
        before = _everything(world)
        for who, browser, status in _others(world, examples, row):
            response = _sent(browser, row, examples)
            sent += 1
            if response.status_code != status:
                wrong.append(f"{row.method} {row.example} as {who}: {response.status_code}, not {status}")
            if status == 303 and not (response.location or "").startswith("/sign-in"):
                wrong.append(f"{row.method} {row.example} as {who} leads to {response.location}")
        if row.guard != "public" and _everything(world) != before:
            wrong.append(f"{row.method} {row.example}: somebody who may not changed something")
    print(f"\naccess table: {len(rows())} rows, {sent} requests by people who may not")
    assert wrong == []


def test_a_get_never_writes(world: World, examples: Examples) -> None:
    for row in rows():
        if row.method == "GET":
            browser = examples.browser(ROLES[row.rightful])
            before = _everything(world)
            _sent(browser, row, examples)
            assert _everything(world) == before, f"GET {row.example} wrote something"


def test_the_reading_session_cannot_write(world: World) -> None:
    with world.house.database.read() as session, pytest.raises(sa.exc.DBAPIError, match=r"readonly|read-only"):
        session.execute(sa.text("UPDATE licences_person SET name = 'x'"))


def _others(world: World, examples: Examples, row: Row) -> Iterator[tuple[str, Browser, int]]:
    """Everybody who may not, and the strangers, with the status that they must get."""
    if row.guard == "public":
        return
    yield "anonymous", Browser(world.app), 303
    for role, email in ROLES.items():
        if not row.may(role):
            yield role, examples.browser(email), 403
    for role, email in STRANGERS.items():
        if not row.may(role):
            yield f"stranger ({role})", examples.browser(email), 403
        elif row.stranger is not None:
            yield f"stranger ({role})", examples.browser(email), row.stranger


def _sent(browser: Browser, row: Row, examples: Examples) -> Any:
    path = examples.filled(row.example)
    if row.method == "GET":
        return browser.get(path)
    form = {name: examples.value(value) for name, value in row.form.items()}
    browser.get("/help") if browser.token else browser.get("/sign-in")
    kind = {"content_type": "multipart/form-data"} if any(isinstance(v, tuple) for v in form.values()) else {}
    return browser.post(path, form, **kind)


def _unexpected(row: Row, examples: Examples, response: Any) -> Iterator[str]:
    what = f"{row.method} {row.example} as {row.rightful}"
    if row.expect.isdigit():
        if response.status_code != int(row.expect):
            yield f"{what}: {response.status_code}, not {row.expect}: {_summary(response.text)}"
    elif response.status_code != 303:
        yield f"{what}: {response.status_code}, not 303: {_summary(response.text)}"
    elif not (response.location or "").startswith(examples.filled(row.expect)):
        yield f"{what} leads to {response.location}, not {examples.filled(row.expect)}"


def _summary(page: str) -> str:
    """The words of the error summary, or the heading."""
    for start, end in (("govuk-error-summary__body", "</ul>"), ("<h1", "</h1>")):
        if start in page:
            return page.split(start)[1].split(end)[0][:300]
    return page[:100]


def _everything(world: World) -> dict[str, int]:
    """How many rows each table has, sessions and attempts left out: signing in to look is no change."""
    passing = {"licences_sign_in", "licences_attempt", "kit_audit_entry"}
    with world.house.database.read() as session:
        counts = {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in passing
        }
        signed = sa.text("SELECT count(*) FROM kit_audit_entry WHERE action NOT IN ('signed in', 'signed out')")
        return counts | {"audit": session.scalar(signed) or 0}
