"""Invitations, from the licence manager's press to the guest's first page."""

import io
import re

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from kit.mail import MailMessage, State
from licences.people import accounts, memberships
from licences.people.models import Invitation, Membership, Organisation, Person, SignIn
from tests.browser_like import Browser, hidden_fields, text_of, went_to
from tests.factories.manager import ANN, NEW_PASSWORD, invited, letters, link, scalar, seat
from tests.world import COLLEAGUE, PASSWORD, STAFF, STRANGER, TRAINER, World


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


CSV_FAULTS = [
    (b"PK\x03\x04", "Save it as CSV"),
    (b"a\x00b", "not a CSV file"),
    (b"", "nothing in this table"),
    (b"Name,E-mail\r\nAnn,ann@lee.example,x,y\r\n", "Row 2: This row has 4 cells"),
    (b"Name,E-mail\r\n=HYPERLINK(1),ann@lee.example\r\n", "Row 2: Name: Begin with a letter"),
    (b"Name,E-mail\r\n" + b"".join(b"A,a%d@lee.example\r\n" % n for n in range(201)), "201 rows"),
]


def test_a_csv_file_with_a_fault_invites_nobody(world: World, manager: Browser) -> None:
    for data, told in CSV_FAULTS:
        page = upload(manager, data)
        assert page.status_code == 400, told
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


def test_a_password_is_hashed_only_for_a_link_that_works(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "hash_password", lambda _password: pytest.fail("hashed"))
    guest = Browser(world.app)
    guest.get("/sign-in")
    assert guest.post("/invitation/never-was", {"password": NEW_PASSWORD}).status_code == 410
