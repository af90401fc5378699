"""Staff's way through organisations, people, licences and seats, as a browser goes it."""

import csv
import io
import re
from html import unescape

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kit.mail import MailMessage, State
from licences import accreditations, seats, terms
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Organisation, Person
from tests.browser_like import Browser, text_of, went_to
from tests.statements import counted
from tests.world import COLLEAGUE, FINANCE, MANAGER, STAFF, STRANGER_MANAGER, TEAM, TRAINER, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def problems(response: TestResponse) -> list[str]:
    return [unescape(words) for words in re.findall(r'<li><a href="#[^"]+">([^<]+)</a></li>', response.text)]


def test_staff_see_who_is_invited_and_whether_the_mail_arrived(world: World, staff: Browser) -> None:
    page = f"/admin/organisations/{world.lakeshire}"
    assert "Invited, not here yet" not in text_of(staff.get(page))
    guest = {"name": "Zoe Lee", "email": "zoe@lee.example", "role": "trainer", "seat": str(world.licence)}
    went_to(world.browser(MANAGER).post("/organisation/invite", guest))
    with world.house.database.write() as session:
        letter = session.scalars(sa.select(MailMessage)).one()
        letter.state, letter.last_error = State.FAILED, "550 no such mailbox"
    words = text_of(staff.get(page))
    for told in ("Zoe Lee", "by Janet Whitlock", "Trainer, with a seat", "Did not arrive", "550 no such mailbox"):
        assert told in words, told
    assert "Invited, not here yet" not in text_of(staff.get(f"/admin/organisations/{world.hillside}"))


def test_somebody_who_works_at_two_places_has_a_role_and_seats_in_each(world: World, staff: Browser) -> None:
    person, clock = world.people[TRAINER], world.house.clock
    with world.house.database.write() as session:
        second = memberships.join(session, clock, TEAM, world.hillside, person, Role.TRAINER).membership_id
        terms.change_seats(session, clock, TEAM, world.suspended_licence, seats=5, reason="More")
        seats.give(session, clock, TEAM, world.suspended_licence, person)
    page = staff.get(f"/admin/people/{person}")
    words = text_of(page)
    for told in ("Lakeshire Council Trainer", "Hillside Trust Trainer", "Act for them at Hillside Trust"):
        assert told in words, told
    assert page.text.count("Release<") == 2
    edit = f"/admin/people/{person}/edit?place={second}"
    assert edit in page.text
    form = {"name": "Amara Osei", "email": TRAINER, "role": "licence manager"}
    assert went_to(staff.post(edit, form)) == f"/admin/people/{person}"
    words = text_of(staff.get(f"/admin/people/{person}"))
    assert "Lakeshire Council Trainer" in words
    assert "Hillside Trust Licence manager" in words
    with world.house.database.read() as session:
        elsewhere = memberships.first_place(session, world.people[MANAGER]).membership_id
    assert staff.post(f"/admin/people/{person}/edit?place={elsewhere}", form).status_code == 404


def test_somebody_who_left_keeps_a_page_and_a_name_to_correct(world: World, staff: Browser) -> None:
    person = world.people[TRAINER]
    with world.house.database.write() as session:
        seats.leave(session, world.house.clock, TEAM, memberships.first_place(session, person).membership_id)
    page = staff.get(f"/admin/people/{person}")
    assert "Trainer until" in text_of(page)
    assert "Act for them" not in page.text
    assert went_to(staff.post(f"/admin/people/{person}/edit", {"name": "Amara Marsh", "email": TRAINER}))
    assert "Amara Marsh" in staff.get(f"/admin/people/{person}").text


def test_a_new_organisation_from_its_name_to_a_seat(world: World, staff: Browser) -> None:
    place = went_to(staff.post("/admin/organisations/new", {"name": "Zed Trust", "kind": "multi-academy trust"}))
    assert "No licence yet" in text_of(staff.get(place))
    ann = {"name": "Ann Example", "email": "Ann@zed.example", "role": "trainer"}
    person = went_to(staff.post(f"{place}/people/new", ann))
    assert "A mail to ann@zed.example is on its way" in text_of(staff.get(person))
    number = place.rsplit("/", 1)[1]
    grant = {
        "programme": world.programme, "starts_on": ["1", "11", "2026"], "ends_on": ["31", "10", "2027"],
        "seats": "1", "reason": "Order 7",
    }  # fmt: skip
    licence = went_to(staff.post(f"/admin/licences/new?organisation={number}", grant))
    given = staff.post(f"{licence}/seats/give", {"person": person.rsplit("/", 1)[1]})
    assert went_to(given) == licence
    page = text_of(staff.get(licence))
    assert "The licence is active" in page
    assert "1 of 1 seat in use" in page
    assert "Seat given : Ann Example" in page
    fact = {"programme": world.programme, "from_on": "2026-11-01", "until_on": "2028-10-31", "note": "Five days"}
    assert went_to(staff.post(f"{person}/accreditation", fact)) == person
    assert "31 October 2028" in text_of(staff.get(person))


def test_the_link_in_the_mail_sets_the_password(world: World, staff: Browser) -> None:
    new = {"name": "Ann Example", "email": "ann@lakeshire.example", "role": "trainer"}
    went_to(staff.post(f"/admin/organisations/{world.lakeshire}/people/new", new))
    with world.house.database.read() as session:
        words = session.scalars(sa.select(MailMessage.text)).one()
    found = re.search(r"https://portal\.test(/welcome/\S+)", words)
    assert found
    guest = world.browser()
    assert "Ann Example" in text_of(guest.get(found[1]))
    assert guest.post(found[1], {"password": "four quiet green words"}).status_code == 303
    assert guest.get(found[1]).status_code == 410
    guest.sign_in("ann@lakeshire.example", "four quiet green words")
    assert "Ann" in text_of(guest.get("/"))


def test_a_refusal_keeps_what_was_typed_and_adds_nobody(world: World, staff: Browser) -> None:
    address = f"/admin/organisations/{world.lakeshire}/people/new"
    refused = staff.post(address, {"name": "Second Amara", "email": TRAINER.upper(), "role": "licence manager"})
    assert refused.status_code == 409
    assert problems(refused) == ["This e-mail address belongs to a person who is here already."]
    assert 'value="Second Amara"' in refused.text
    assert re.search(r'value="licence manager"[^>]* checked', refused.text)
    with world.house.database.read() as session:
        assert session.scalar(sa.select(Person.id).where(Person.name == "Second Amara")) is None
        assert session.scalar(sa.select(MailMessage.id)) is None


@pytest.mark.parametrize(
    ("role", "reason"),
    [("staff", "Choose one of the answers on this page."), ("", "Choose a role")],
)
def test_roles_that_do_not_belong_here(world: World, staff: Browser, role: str, reason: str) -> None:
    address = f"/admin/organisations/{world.lakeshire}/people/new"
    refused = staff.post(address, {"name": "A", "email": "a@lakeshire.example", "role": role})
    assert refused.status_code == 400
    assert problems(refused) == [reason]


def test_nobody_becomes_a_second_licensor(world: World, staff: Browser) -> None:
    refused = staff.post("/admin/organisations/new", {"name": "Us too", "kind": "licensor"})
    assert refused.status_code == 400
    with world.house.database.read() as session:
        assert session.scalar(sa.select(Organisation.id).where(Organisation.name == "Us too")) is None


@pytest.mark.parametrize("name", ["<b>Trust</b>", "Trust\u202eexe", "Trust\x00", "T" * 121, "lakeshire COUNCIL"])
def test_names_that_are_none(world: World, staff: Browser, name: str) -> None:
    refused = staff.post("/admin/organisations/new", {"name": name, "kind": "EP team"})
    assert refused.status_code in (400, 409)
    assert len(problems(refused)) == 1


def test_suspending_and_restoring_reaches_everybody(world: World, staff: Browser) -> None:
    licence = f"/admin/licences/{world.licence}"
    asked = staff.post(f"{licence}/suspend", {"reason": ""})
    assert (asked.status_code, problems(asked)) == (400, ["Say why"])
    went_to(staff.post(f"{licence}/suspend", {"reason": "Order 12 never came."}))
    manager, trainer = world.browser(MANAGER), world.browser(TRAINER)
    page = text_of(manager.get("/organisation"))
    assert "Your licence is suspended since" in page
    assert "Order 12 never came." in page
    assert "Write to the programme team" in page
    assert "Order 12 never came." in text_of(trainer.get(f"/materials/{world.manual}"))
    again = staff.post(f"{licence}/suspend", {"reason": "Twice"})
    assert went_to(again) == licence
    assert "suspended already" in text_of(staff.get(licence))
    went_to(staff.post(f"{licence}/restore", {"reason": "It came."}))
    assert "Your licence is active" in text_of(manager.get("/organisation"))
    assert "Order 12 never came." in text_of(staff.get(licence))


def test_seats_never_exceed_those_bought(world: World, staff: Browser) -> None:
    licence = f"/admin/licences/{world.licence}"
    went_to(staff.post(f"{licence}/seats/give", {"person": world.people[COLLEAGUE]}))
    full = staff.post(f"{licence}/seats/give", {"person": world.people[MANAGER]})
    assert full.status_code == 409
    assert "All 2 seats are in use" in text_of(full)
    fewer = staff.post(f"{licence}/seats", {"seats": "1", "reason": "Less"})
    assert fewer.status_code == 409
    assert 'value="1"' in fewer.text
    went_to(staff.post(f"{licence}/seats", {"seats": "3", "reason": "More"}))
    went_to(staff.post(f"{licence}/seats/give", {"person": world.people[MANAGER]}))
    with world.house.database.read() as session:
        assert len(seats.seats_of(session, world.licence)) == 3


@pytest.mark.parametrize("email", [FINANCE, STRANGER_MANAGER, TRAINER, STAFF])
def test_seats_are_for_those_who_can_use_them(world: World, staff: Browser, email: str) -> None:
    refused = staff.post(f"/admin/licences/{world.licence}/seats/give", {"person": world.people[email]})
    assert refused.status_code == 400
    assert (email == TRAINER) == ("This person has a seat already." in text_of(refused)), "given in another tab"
    with world.house.database.read() as session:
        assert [seat.person_id for seat in seats.seats_of(session, world.licence)] == [world.people[TRAINER]]


def test_releasing_a_seat_asks_first(world: World, staff: Browser) -> None:
    address = f"/admin/licences/{world.licence}/seats/{world.people[TRAINER]}/release"
    assert "Release the seat of Amara Osei?" in text_of(staff.get(address))
    with world.house.database.read() as session:
        assert seats.seats_of(session, world.licence)
    went_to(staff.post(address))
    with world.house.database.read() as session:
        assert not seats.seats_of(session, world.licence)
    assert staff.get(address).status_code == 404
    assert "no seat to release" in text_of(staff.get(went_to(staff.post(address))))


def test_a_trainer_with_a_seat_does_not_become_a_finance_contact(world: World, staff: Browser) -> None:
    person = f"/admin/people/{world.people[TRAINER]}"
    change = {"name": "Amara Osei", "email": TRAINER, "role": "finance contact"}
    refused = staff.post(f"{person}/edit", change)
    assert (refused.status_code, len(problems(refused))) == (409, 1)
    went_to(staff.post(f"/admin/licences/{world.licence}/seats/{world.people[TRAINER]}/release"))
    went_to(staff.post(f"{person}/edit", change))


def test_a_correction_is_whole_or_nothing(world: World, staff: Browser) -> None:
    person = f"/admin/people/{world.people[TRAINER]}"
    refused = staff.post(f"{person}/edit", {"name": "New Name", "email": MANAGER, "role": "trainer"})
    assert refused.status_code == 409
    with world.house.database.read() as session:
        assert memberships.first_place(session, world.people[TRAINER]).name == "Amara Osei"


def test_another_period_begins_where_the_last_one_ends(world: World, staff: Browser) -> None:
    licence = f"/admin/licences/{world.licence}"
    with world.house.database.read() as session:
        last = terms.periods_of(session, world.licence)[0].ends_on
    page = staff.get(f"{licence}/period").text
    values = re.findall(r'name="starts_on"[^>]*value="(\d+)"', page)
    assert len(values) == 3
    assert int(values[2]) == last.year
    overlap = {"starts_on": last.isoformat(), "ends_on": f"{last.year + 1}-01-01", "seats": "2", "reason": "Order 8"}
    refused = staff.post(f"{licence}/period", overlap)
    assert (refused.status_code, len(problems(refused))) == (409, 1)
    assert "Order 8" in refused.text
    ends = staff.post(f"{licence}/period", {**overlap, "starts_on": "2030-02-02", "ends_on": "2030-02-01"})
    assert problems(ends) == ["The last day is before the first."]
    went_to(staff.post(f"{licence}/period", {**overlap, "starts_on": "2028-02-29", "ends_on": "2029-02-28"}))


def test_an_accreditation_is_corrected_and_both_are_told(world: World, staff: Browser) -> None:
    person = f"/admin/people/{world.people[TRAINER]}"
    form = staff.get(f"{person}/accreditation?programme={world.programme}")
    assert re.search(rf'<option value="{world.programme}" selected', form.text)
    fact = {"programme": world.programme, "from_on": "2026-01-01", "until_on": "2026-02-01", "note": "=1+1"}
    went_to(staff.post(f"{person}/accreditation", fact))
    with world.house.database.read() as session:
        held = accreditations.accreditations_of(session, [world.people[TRAINER]])
    assert [(one.until_on.isoformat(), one.note) for one in held] == [("2026-02-01", "=1+1")]
    page = text_of(staff.get(person))
    assert "Lapsed" in page
    assert page.count("Accreditation recorded") == 2


def test_programmes_are_added_and_corrected(world: World, staff: Browser) -> None:
    new = {"name": "Relational learning", "days": "1", "trainer_days": "", "audience": "All staff"}
    went_to(staff.post("/admin/programmes/new", new))
    taken = staff.post("/admin/programmes/new", {**new, "name": "RELATIONAL learning"})
    assert problems(taken) == ["There is a programme of this name already."]
    odd = staff.post(f"/admin/programmes/{world.programme}", {**new, "days": "31"})
    assert (odd.status_code, problems(odd)) == (400, ["Write a number from 1 to 30."])
    went_to(staff.post(f"/admin/programmes/{world.programme}", {**new, "name": "ABM", "days": "3"}))
    page = text_of(staff.get("/admin/programmes"))
    assert "ABM" in page
    assert "Attachment Based Mentoring" not in page.replace("Secure Base Attachment Based Mentoring", "")


def test_lists_are_searched_filtered_and_paged(world: World, staff: Browser) -> None:
    assert "Hillside Trust" not in text_of(staff.get("/admin/organisations?q=lake"))
    assert "Lakeshire" not in text_of(staff.get("/admin/organisations?standing=suspended"))
    nothing = text_of(staff.get("/admin/organisations?q=nowhere"))
    assert "No organisation fits" in nothing
    odd = staff.get("/admin/organisations?kind=x&standing=x&q=%00&older_than=99999999999999999999&newer_than='")
    assert odd.status_code == 200
    with world.house.database.write() as session:
        for number in range(60):
            add_trainer(session, world, world.lakeshire, number)
    seen, address = [], "/admin/people?q=zoe"
    while address:
        page = staff.get(address).text
        seen += re.findall(r">(Zoe \d\d)</a>", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
    assert seen == [f"Zoe {number:02}" for number in range(60)]
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back
    assert re.findall(r">(Zoe \d\d)</a>", staff.get(unescape(back[1])).text) == seen[25:50]


def read_csv(response: TestResponse) -> list[list[str]]:
    assert response.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline="")))


def test_downloads_hold_the_same_and_no_formulas(world: World, staff: Browser) -> None:
    went_to(staff.post("/admin/organisations/new", {"name": "=HYPERLINK(1)", "kind": "EP team"}))
    rows = read_csv(staff.get("/admin/organisations.csv"))
    assert [row[0] for row in rows[1:]] == ["'=HYPERLINK(1)", "Hillside Trust", "Lakeshire Council", "Programme team"]
    assert rows[2][3:6] == ["Attachment Based Mentoring", "suspended", "Invoice 117 has been unpaid for 60 days."]
    assert len(read_csv(staff.get("/admin/organisations.csv?standing=suspended"))) == 2
    people = read_csv(staff.get("/admin/people.csv?role=trainer&q=lakeshire"))
    assert [row[0] for row in people[1:]] == ["Amara Osei", "Ben Achterberg"]
    assert people[1][5] == "Attachment Based Mentoring"


@pytest.mark.parametrize(
    "address",
    [
        "/admin/programmes/{no}", "/admin/organisations/{no}", "/admin/organisations/{no}/edit",
        "/admin/organisations/{no}/people/new", "/admin/people/{no}", "/admin/people/{no}/edit",
        "/admin/people/{no}/accreditation", "/admin/licences/{no}", "/admin/licences/{no}/period",
        "/admin/licences/{no}/suspend", "/admin/licences/{no}/restore", "/admin/licences/{no}/seats",
        "/admin/licences/{no}/seats/1/release", "/admin/licences/new?organisation={no}",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(staff: Browser, address: str) -> None:
    assert staff.get(address.format(no=987_654)).status_code == 404
    if "/accreditation" not in address:
        filled = {"name": "A", "days": 1, "audience": "B", "email": "a@b.example", "kind": "EP team", "role": "trainer"}
        path = address.format(no=987_654)
        if path in ("/admin/organisations/987654", "/admin/people/987654", "/admin/licences/987654"):
            return
        assert staff.post(path, filled).status_code == 404


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 10**40])
def test_ids_that_no_database_can_hold_are_404(staff: Browser, number: int) -> None:
    for address in ("organisations", "people", "licences", "programmes"):
        assert staff.get(f"/admin/{address}/{number}").status_code == 404
    assert staff.get(f"/admin/licences/new?organisation={number}").status_code == 303
    assert staff.get(f"/admin/people/1/accreditation?programme={number}").status_code == 200
    assert staff.get(f"/admin/people?older_than={number}").status_code == 200


def test_statements_of_the_lists_do_not_grow_with_rows(world: World, staff: Browser) -> None:
    addresses = ("/admin/organisations", "/admin/people", f"/admin/organisations/{world.lakeshire}", "/organisation")
    browsers = {address: world.browser(MANAGER) if address == "/organisation" else staff for address in addresses}

    def counts() -> dict[str, int]:
        found = {}
        for address in addresses:
            with counted(world.house.database) as sent:
                assert browsers[address].get(address).status_code == 200
            found[address] = len(sent)
        return found

    before = counts()
    with world.house.database.write() as session:
        for number in range(12):
            add_trainer(session, world, world.lakeshire, number)
            place = organisations.create_organisation(
                session, world.house.clock, TEAM, name=f"Trust {number}", kind=OrganisationKind.TRUST
            )
            add_trainer(session, world, place.id, 100 + number)
    assert counts() == before
    print(f"\nstatements: {before}")


def add_trainer(session: Session, world: World, organisation_id: int, number: int) -> None:
    memberships.add_person(
        session, world.house.clock, TEAM, organisation_id,
        name=f"Zoe {number:02}", email=f"z{number}@lakeshire.example", role=Role.TRAINER,
    )  # fmt: skip


def test_finance_sees_what_is_paid_for_and_not_who_is_accredited(world: World) -> None:
    page = text_of(world.browser(FINANCE).get("/organisation"))
    assert "1 of 2 seats in use" in page
    assert "Amara Osei" not in page
    assert "Amara Osei" in text_of(world.browser(MANAGER).get("/organisation"))


def test_an_organisation_sees_nothing_of_another(world: World) -> None:
    page = text_of(world.browser(STRANGER_MANAGER).get("/organisation"))
    assert "Invoice 117 has been unpaid for 60 days." in page
    assert "Lakeshire" not in page
    assert "Amara" not in page
