"""A licence manager's screen: the organisation at one look, and nothing of anybody else's."""

import csv
import io
from typing import Any

import sqlalchemy as sa

from licences.people import memberships
from licences.people.kinds import Role
from licences.people.models import Invitation, Membership
from tests.browser_like import Browser, text_of, went_to
from tests.factories.manager import ANN, invited, link, scalar
from tests.statements import counted
from tests.world import FINANCE, STRANGER, STRANGER_MANAGER, TEAM, TRAINER, World


def test_the_organisation_on_one_screen(world: World, manager: Browser) -> None:
    invited(world, manager)
    page = text_of(manager.get("/organisation"))
    for words in (
        "Your licence is active", "What happens next", "1 of 2 seats in use", "1 seat is free", "4 people",
        "Amara Osei Trainer", "Seat in use", "Ready", "Invited, not here yet", "Ann Lee", "Waiting to be sent",
    ):  # fmt: skip
        assert words in page, words


def test_a_finance_contact_sees_what_is_paid_only(world: World, manager: Browser) -> None:
    invited(world, manager)
    page = text_of(world.browser(FINANCE).get("/organisation"))
    assert "1 of 2 seats in use" in page
    for word in ("Amara", "Ann Lee", "Invite", "CSV"):
        assert word not in page, word


def test_csv_of_people_and_invitations(world: World, manager: Browser) -> None:
    invited(world, manager, name="=HYPERLINK(1)")
    rows = list(csv.reader(io.StringIO(manager.get("/organisation/people.csv").text.lstrip("\ufeff"))))
    assert rows[0][:2] == ["Name", "E-mail address"]
    names = [row[0] for row in rows[1:]]
    assert names == ["Amara Osei", "Ben Achterberg", "Colin Marsh", "Janet Whitlock", "'=HYPERLINK(1)"]
    assert "invited on 10 November 2026" in rows[-1][3] or "waiting to be sent" in rows[-1][3]


def crowd(world: World, series: str, count: int) -> None:
    with world.house.database.write() as session:
        for number in range(count):
            memberships.add_person(
                session, world.house.clock, TEAM, world.lakeshire, name=f"Person {series}{number:02}",
                email=f"{series}{number}@lakeshire.example", role=Role.TRAINER,
            )  # fmt: skip


def test_a_long_list_is_searched_and_turned(world: World, manager: Browser) -> None:
    assert "Name or e-mail address" not in manager.get("/organisation").text
    crowd(world, "a", 30)
    page = manager.get("/organisation")
    assert "34 people" in text_of(page)
    assert "On towards Z" in page.text
    found = text_of(manager.get("/organisation?q=person+a07"))
    assert "Person a07" in found
    assert "Person a08" not in found
    with_seat = text_of(manager.get("/organisation?seat=yes"))
    assert "Amara Osei" in with_seat
    assert "Ben Achterberg" not in with_seat


def test_statements_do_not_grow(world: World, manager: Browser) -> None:
    counts = []
    crowd(world, "c", 25)
    for series in "ab":
        crowd(world, series, 12)
        lines = "\n".join(f"{series}{number}@guest.example" for number in range(10))
        manager.post(
            "/organisation/invite/several", {"people": lines, "role": "trainer", "seat": "none", "press": "send"}
        )
        manager.get("/help")
        with counted(world.house.database) as sent:
            assert manager.get("/organisation").status_code == 200
        counts.append([statement for statement in sent if not statement.startswith("BEGIN")])
    assert len(counts[0]) == len(counts[1]), "\n".join(counts[1])
    assert len(counts[1]) <= 14, "\n".join(counts[1])


def test_nothing_of_one_organisation_shows_in_the_other(world: World, manager: Browser) -> None:
    """Tom belongs to Hillside with a seat there, and to Lakeshire (invariant 13)."""
    invited(world, manager, name="Tom", email=STRANGER)
    guest = world.browser(STRANGER)
    path = link(world)
    guest.get(path)
    guest.post(path, {"accept": "y", "version": "1"})
    tom = world.people[STRANGER]
    ours = text_of(manager.get("/organisation")) + text_of(manager.get(f"/organisation/people/{tom}"))
    ours += manager.get("/organisation/people.csv").text
    assert "Tom Barraclough" in ours
    for word in ("Hillside", "suspended", "Invoice 117", STRANGER_MANAGER):
        assert word not in ours, word
    theirs = world.browser(STRANGER_MANAGER)
    other = text_of(theirs.get("/organisation")) + theirs.get("/organisation/people.csv").text
    assert "Tom Barraclough" in other
    for word in ("Lakeshire", "Janet", "Ann Lee"):
        assert word not in other, word
    assert went_to(theirs.post(f"/organisation/people/{tom}/seats/{world.suspended_licence}/release"))
    assert went_to(manager.post(f"/organisation/people/{tom}/leave")) == "/organisation"
    live = sa.select(Membership.organisation_id).where(Membership.person_id == tom, Membership.ended_at.is_(None))
    assert scalar(world, live) == world.hillside
    assert manager.get(f"/organisation/people/{tom}").status_code == 404


def test_another_organisations_things_are_not_there(world: World, manager: Browser) -> None:
    invited(world, manager)
    number = scalar(world, sa.select(Invitation.id))
    other = world.browser(STRANGER_MANAGER)
    other.get("/help")
    trainer, own = world.people[TRAINER], world.people[STRANGER]
    for path in (f"/organisation/people/{trainer}", f"/organisation/invitations/{number}"):
        assert other.get(path).status_code == 404
    posts: list[tuple[str, dict[str, Any]]] = [
        (f"/organisation/invitations/{number}", {"name": "X", "email": "x@x.example"}),
        (f"/organisation/invitations/{number}/send-again", {}),
        (f"/organisation/invitations/{number}/withdraw", {}),
        (f"/organisation/people/{trainer}", {"role": "trainer"}),
        (f"/organisation/people/{trainer}/leave", {}),
        (f"/organisation/people/{own}/seats/{world.licence}/give", {}),
        (f"/organisation/people/{own}/seats/{world.licence}/hand-over", {"successor": own}),
        (f"/organisation/people/{trainer}/seats/{world.licence}/release", {}),
    ]
    assert [other.post(path, form).status_code for path, form in posts] == [404] * len(posts)
    forged = other.post("/organisation/invite", ANN | {"seat": world.licence})
    assert forged.status_code == 400
