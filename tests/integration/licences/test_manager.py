"""A licence manager's own work, as a browser goes it: the screen, invitations, seats, roles, leaving."""

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from kit.mail import MailMessage, State
from licences.models import Seat
from licences.people import accounts, memberships
from licences.people.kinds import Role
from licences.people.models import Invitation, Membership, Organisation, Person, SignIn
from tests.browser_like import BASE, Browser, hidden_fields
from tests.statements import counted
from tests.world import COLLEAGUE, FINANCE, MANAGER, PASSWORD, STAFF, STRANGER, STRANGER_MANAGER, TEAM, TRAINER, World

ANN = {"name": "Ann Lee", "email": "Ann@lee.example", "role": "trainer", "seat": "none"}
NEW_PASSWORD = "four quiet green words"


@pytest.fixture
def manager(world: World) -> Browser:
    return world.browser(MANAGER)


def text_of(response: TestResponse) -> str:
    """The words of a page, as they are read."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", response.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def went_to(response: TestResponse) -> str:
    assert response.status_code == 303, text_of(response)[:600]
    return str(response.headers["Location"])


def letters(world: World) -> list[MailMessage]:
    with world.house.database.read() as session:
        return list(session.scalars(sa.select(MailMessage).order_by(MailMessage.id)))


def link(world: World) -> str:
    """The link in the newest mail."""
    found = re.search(re.escape(BASE) + r"(/invitation/\S+)", letters(world)[-1].text)
    assert found
    return found[1]


def invited(world: World, manager: Browser, **changes: Any) -> str:
    """Invites Ann, with changes; returns the link."""
    assert went_to(manager.post("/organisation/invite", ANN | changes)) == "/organisation"
    return link(world)


def scalar(world: World, query: sa.Select[Any]) -> Any:
    with world.house.database.read() as session:
        return session.scalar(query)


def seat(world: World, email: str, verb: str) -> str:
    return f"/organisation/people/{world.people[email]}/seats/{world.licence}/{verb}"


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


def test_from_the_invitation_to_home_in_two_pages_and_two_fields(world: World, manager: Browser) -> None:
    path = invited(world, manager, seat=world.licence)
    guest = Browser(world.app)
    page = guest.get(path)
    assert "Janet Whitlock invites you to join Lakeshire Council as trainer" in text_of(page)
    asked = re.findall(r'<input[^>]*type="(?:text|email|password|checkbox)"', page.text)
    assert len(asked) == 2
    form = hidden_fields(page.text, "") | {"password": NEW_PASSWORD, "accept": "y"}
    assert went_to(guest.post(path, form)) == "/"
    home = text_of(guest.get("/"))
    assert "You belong to Lakeshire Council now" in home
    assert "Ann" in home
    page = text_of(manager.get("/organisation"))
    assert "2 of 2 seats in use" in page
    assert "Everybody who was invited is here" in page
    again = Browser(world.app)
    assert again.sign_in("ann@lee.example", NEW_PASSWORD).status_code == 303


def test_looking_spends_nothing_and_accepting_spends_once(world: World, manager: Browser) -> None:
    path = invited(world, manager)
    guest = Browser(world.app)
    for _ in range(3):
        assert guest.get(path).status_code == 200
    form = {"password": NEW_PASSWORD, "accept": "y", "version": "1"}
    assert guest.post(path, form | {"password": "short"}).status_code == 400
    assert guest.post(path, form | {"accept": ""}).status_code == 400
    assert guest.post(path, form | {"version": "7"}).status_code == 409
    assert guest.post(path, form).status_code == 303
    other = Browser(world.app)
    other.get("/sign-in")
    used = other.post(path, form)
    assert used.status_code == 410
    assert "This invitation is accepted" in text_of(used)
    assert scalar(world, sa.select(sa.func.count()).select_from(Person).where(Person.email == "ann@lee.example")) == 1


def test_who_has_an_account_joins_without_a_password(world: World, manager: Browser) -> None:
    path = invited(world, manager, name="Tom", email=STRANGER)
    guest = Browser(world.app)
    page = guest.get(path)
    assert "You have an account here" in text_of(page)
    assert 'type="password"' not in page.text
    assert went_to(guest.post(path, {"accept": "y", "version": "1"})) == "/sign-in"
    assert "You belong to Lakeshire Council now" in text_of(guest.get("/sign-in"))
    assert guest.get("/copies").status_code == 303  # a mail that was passed on opens no account
    assert guest.sign_in(STRANGER, PASSWORD).status_code == 303


def test_who_is_signed_in_goes_on_in_the_new_organisation(world: World, manager: Browser) -> None:
    path = invited(world, manager, name="Tom", email=STRANGER)
    guest = world.browser(STRANGER)
    guest.get(path)
    assert went_to(guest.post(path, {"accept": "y", "version": "1"})) == "/"
    assert "Lakeshire Council" in text_of(guest.get("/copies"))


def test_somebody_else_at_the_browser_is_told(world: World, manager: Browser) -> None:
    path = invited(world, manager)
    assert "You are signed in as Amara Osei" in text_of(world.browser(TRAINER).get(path))


def test_staff_who_act_for_somebody_do_not_become_them(world: World, manager: Browser) -> None:
    """The place is given, since the link proves the address; but the session stays that of the member of staff."""
    path = invited(world, manager, name="Tom", email=STRANGER)
    staff = world.browser(STAFF)
    with world.house.database.read() as session:
        place = memberships.first_place(session, world.people[STRANGER]).membership_id
    with world.house.database.write() as session:
        session.execute(sa.text("UPDATE licences_sign_in SET acting_for_id = :place"), {"place": place})
    staff.get(path)
    assert went_to(staff.post(path, {"accept": "y", "version": "1"})) == "/sign-in"
    own = sa.select(Organisation.name).join(Membership, Membership.organisation_id == Organisation.id)
    mine = own.join(SignIn, SignIn.membership_id == Membership.id).order_by(SignIn.created_at.desc())
    assert scalar(world, mine.where(Membership.person_id == world.people[STAFF]).limit(1)) == "Programme team"


def test_an_address_alone_is_enough(world: World, manager: Browser) -> None:
    form = {"people": "fred@lee.example", "role": "finance contact", "seat": "none", "press": "send"}
    assert went_to(manager.post("/organisation/invite/several", form)) == "/organisation#invited"
    path, guest = link(world), Browser(world.app)
    page = guest.get(path)
    assert "Your full name" in page.text
    assert 'type="checkbox"' not in page.text  # a finance contact takes no copies
    assert guest.post(path, {"password": NEW_PASSWORD}).status_code == 400
    assert went_to(guest.post(path, {"name": "Fred Lee", "password": NEW_PASSWORD})) == "/"
    assert "Fred Lee" in text_of(manager.get("/organisation"))


def test_no_seat_is_free_when_they_accept(world: World, manager: Browser) -> None:
    path = invited(world, manager, seat=world.licence)
    assert went_to(manager.post(seat(world, COLLEAGUE, "give"))).startswith("/organisation/people/")
    guest = Browser(world.app)
    guest.get(path)
    guest.post(path, {"password": NEW_PASSWORD, "accept": "y", "version": "1"})
    assert "No seat is free just now" in text_of(guest.get("/"))
    page = text_of(manager.get("/organisation"))
    assert "2 of 2 seats in use" in page
    assert "Ann Lee joined and has no seat" in page


def test_the_same_words_for_addresses_known_elsewhere(world: World, manager: Browser) -> None:
    answers = []
    for email in ("nobody@lee.example", STRANGER):
        manager.post("/organisation/invite", ANN | {"email": email})
        answers.append(
            text_of(manager.get("/organisation"))
            .replace(" @", "@")
            .replace(". example", ".example")
            .replace(email, "ADDRESS")
        )
        manager.post(f"/organisation/invitations/{scalar(world, sa.select(sa.func.max(Invitation.id)))}/withdraw")
        manager.get("/organisation")
    assert answers[0] == answers[1]


def test_invited_twice_or_here_already(world: World, manager: Browser) -> None:
    invited(world, manager)
    again = manager.post("/organisation/invite", ANN)
    assert again.status_code == 409
    assert "ann@lee.example has an open invitation" in text_of(again)
    here = manager.post("/organisation/invite", ANN | {"email": TRAINER})
    assert "belongs to your organisation already" in text_of(here)
    assert len(letters(world)) == 1


def test_many_are_seen_before_they_are_sent(world: World, manager: Browser) -> None:
    pasted = "Ann Lee <ann@lee.example>\nBen Lee, ben@lee.example\ncy@lee.example\n"
    form = {"people": pasted, "role": "trainer", "seat": world.licence}
    page = manager.post("/organisation/invite/several", form)
    assert page.status_code == 200
    words = text_of(page)
    assert "Invite these 3 people?" in words
    assert "1 seat is free" in words
    assert "The others join without" in words
    assert letters(world) == []
    hidden = hidden_fields(page.text, "/organisation/invite/several")
    assert "cy@lee.example" in manager.post("/organisation/invite/several", hidden | {"press": "change"}).text
    went_to(manager.post("/organisation/invite/several", hidden | {"press": "send"}))
    assert [letter.to_address for letter in letters(world)] == ["ann@lee.example", "ben@lee.example", "cy@lee.example"]
    assert "3 invitations are on their way" in text_of(manager.get("/organisation"))


def test_a_list_with_a_fault_invites_nobody(world: World, manager: Browser) -> None:
    pasted = f"Ann Lee <ann@lee.example>\nnobody\n{TRAINER}\n=cmd() <x@lee.example>\nAnn@lee.example"
    form = {"people": pasted, "role": "trainer", "seat": "none", "press": "send"}
    page = manager.post("/organisation/invite/several", form)
    assert page.status_code == 400
    words = text_of(page)
    assert "Nobody was invited yet: 4 rows need a look" in words
    for row in (
        "Row 2: there is no e-mail address",
        "Row 3: Amara Osei",
        "Row 4: Begin with a letter",
        "Row 5: ann@lee",
    ):
        assert row in words, row
    assert "nobody" in page.text  # what was typed stays
    assert letters(world) == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("Name,E-mail\r\nSiân,sian@lee.example\r\n".encode(), "Siân"),
        ("\ufeffName;E-mail address\r\nSiân;sian@lee.example\r\n".encode(), "Siân"),
        ("Name,E-mail\r\nSiân,sian@lee.example\r\n".encode("cp1252"), "Windows-1252"),
        (b"sian@lee.example\r\n", "sian"),
    ],
)
def test_a_csv_file_is_read(world: World, manager: Browser, data: bytes, told: str) -> None:
    page = upload(manager, data)
    assert page.status_code == 200, text_of(page)
    assert told in text_of(page)
    went_to(
        manager.post(
            "/organisation/invite/several", hidden_fields(page.text, "/organisation/invite/several") | {"press": "send"}
        )
    )
    assert [letter.to_address for letter in letters(world)] == ["sian@lee.example"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04", "Save it as CSV"),
        (b"a\x00b", "not a CSV file"),
        (b"", "nothing in this table"),
        (b"Name,E-mail\r\nAnn,ann@lee.example,x,y\r\n", "Row 2: This row has 4 cells"),
        (b"Name,E-mail\r\n=HYPERLINK(1),ann@lee.example\r\n", "Row 2: Name: Begin with a letter"),
        (b"Name,E-mail\r\n" + b"".join(b"A,a%d@lee.example\r\n" % n for n in range(201)), "201 rows"),
    ],
)  # fmt: skip
def test_a_csv_file_with_a_fault_invites_nobody(world: World, manager: Browser, data: bytes, told: str) -> None:
    page = upload(manager, data)
    assert page.status_code == 400
    assert told in text_of(page)
    assert letters(world) == []


def upload(manager: Browser, data: bytes) -> TestResponse:
    form = {"people": "", "role": "trainer", "seat": "none", "file": (io.BytesIO(data), "people.csv")}
    return manager.post("/organisation/invite/several", form, content_type="multipart/form-data")


def test_whether_it_arrived_and_what_then(world: World, manager: Browser) -> None:
    first = invited(world, manager)
    page = f"/organisation/invitations/{scalar(world, sa.select(Invitation.id))}"
    with world.house.database.write() as session:
        letter = session.scalars(sa.select(MailMessage)).one()
        letter.state, letter.last_error = State.FAILED, "550 no such mailbox"
    assert "Did not arrive" in text_of(manager.get("/organisation"))
    assert "550 no such mailbox" in text_of(manager.get(page))
    corrected = manager.post(page, {"name": "Ann Lee", "email": "ann.lee@lee.example"})
    assert went_to(corrected) == "/organisation#invited"
    assert letters(world)[-1].to_address == "ann.lee@lee.example"
    closed = Browser(world.app).get(first)
    assert closed.status_code == 410
    assert "There is a newer invitation" in text_of(closed)
    for _ in range(2):
        assert went_to(manager.post(page + "/send-again")) == "/organisation#invited"
    assert went_to(manager.post(page + "/send-again")) == page
    assert "within a day" in text_of(manager.get(page))
    last = link(world)
    assert went_to(manager.post(page + "/withdraw")) == "/organisation"
    assert "This invitation is withdrawn" in text_of(Browser(world.app).get(last))
    assert manager.get(page).status_code == 404


def test_links_that_open_nothing_say_what_to_do(world: World, manager: Browser) -> None:
    path = invited(world, manager)
    world.house.clock.move(days=15)  # type: ignore[attr-defined]
    guest = Browser(world.app)
    assert "This link has run out" in text_of(guest.get(path))
    assert "This link is not complete" in text_of(guest.get(path[:-3]))
    assert guest.get(path).status_code == 410


def test_seats_are_given_and_taken_back(world: World, manager: Browser) -> None:
    person = f"/organisation/people/{world.people[COLLEAGUE]}"
    assert "1 seat is free" in text_of(manager.get(person))
    listed = re.search(r'action="([^"]+/give[^"]*)"', manager.get("/organisation").text)
    assert listed
    assert went_to(manager.post(unescape(listed[1]))) == "/organisation"
    manager.post(seat(world, COLLEAGUE, "release"))
    assert went_to(manager.post(seat(world, COLLEAGUE, "give"))) == person
    assert went_to(manager.post(seat(world, COLLEAGUE, "give"))) == person
    assert "has a seat already" in text_of(manager.get(person))
    assert went_to(manager.post(seat(world, MANAGER, "give"))).endswith(str(world.people[MANAGER]))
    assert "All 2 seats are in use" in text_of(manager.get(f"/organisation/people/{world.people[MANAGER]}"))
    assert "Take back the seat of Ben" in text_of(manager.get(seat(world, COLLEAGUE, "release")))
    assert went_to(manager.post(seat(world, COLLEAGUE, "release"))) == "/organisation"
    assert manager.get(seat(world, COLLEAGUE, "release")).status_code == 404


def test_a_leavers_seat_goes_to_a_successor(world: World, manager: Browser) -> None:
    page = manager.get(seat(world, TRAINER, "hand-over"))
    assert "Ben Achterberg" in page.text
    assert "Colin Marsh" not in page.text  # a finance contact cannot use it
    assert manager.post(seat(world, TRAINER, "hand-over"), {"successor": ""}).status_code == 400
    assert manager.post(seat(world, TRAINER, "hand-over"), {"successor": world.people[STRANGER]}).status_code == 400
    done = manager.post(seat(world, TRAINER, "hand-over"), {"successor": world.people[COLLEAGUE]})
    assert went_to(done) == "/organisation"
    page = text_of(manager.get("/organisation"))
    assert "Ben Achterberg has the seat of Amara Osei now" in page
    assert "1 of 2 seats in use" in page
    left = scalar(world, sa.select(Seat.released_at).where(Seat.person_id == world.people[TRAINER]))
    assert left is not None


def test_somebody_leaves(world: World, manager: Browser) -> None:
    trainer = world.browser(TRAINER)
    page = f"/organisation/people/{world.people[TRAINER]}/leave"
    assert "is free then" in text_of(manager.get(page))
    assert went_to(manager.post(page)) == "/organisation"
    page_now = text_of(manager.get("/organisation"))
    assert "Amara Osei does not belong to Lakeshire Council any more" in page_now
    assert "0 of 2 seats in use" in page_now
    assert went_to(trainer.get("/materials")).startswith("/sign-in")
    assert manager.get(page).status_code == 404


def test_the_last_manager_stays(world: World, manager: Browser) -> None:
    oneself = f"/organisation/people/{world.people[MANAGER]}"
    refused = manager.post(oneself + "/leave")
    assert refused.status_code == 409
    assert "last licence manager" in text_of(refused)
    assert manager.post(oneself, {"role": "trainer"}).status_code == 409
    assert went_to(manager.post(f"/organisation/people/{world.people[COLLEAGUE]}", {"role": "licence manager"}))
    assert went_to(manager.post(oneself, {"role": "trainer"})) == "/"
    assert manager.get("/organisation").status_code == 403


def test_a_seat_holder_does_not_become_a_finance_contact(world: World, manager: Browser) -> None:
    refused = manager.post(f"/organisation/people/{world.people[TRAINER]}", {"role": "finance contact"})
    assert refused.status_code == 409
    assert "Release this person" in text_of(refused)
    assert manager.post(f"/organisation/people/{world.people[TRAINER]}", {"role": "staff"}).status_code == 400


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


def test_a_password_is_hashed_only_for_a_link_that_works(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "hash_password", lambda _password: pytest.fail("hashed"))
    guest = Browser(world.app)
    guest.get("/sign-in")
    assert guest.post("/invitation/never-was", {"password": NEW_PASSWORD}).status_code == 410
