"""Imports over HTTP: a first look leaves nothing behind, faults are told by row, and all is taken or nothing."""

import io

import pytest
import sqlalchemy as sa

from kit.mail import MailMessage
from licences import accreditations, seats
from licences.people import memberships
from licences.people.models import Organisation, Person
from tests.browser_like import Browser
from tests.world import COLLEAGUE, MANAGER, STAFF, TRAINER, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def counts(world: World) -> tuple[int, int, int]:
    with world.house.database.read() as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (Organisation, Person, MailMessage)
        )


ORGANISATIONS = """Name;Kind;Address;Finance name;Finance e-mail;UKPRN
Northmoor Trust;Multi-academy trust;1 Moor Lane;Pat Lee;pat@northmoor.example;10012345
Eastvale Virtual School;virtual school team;;;;
"""
PEOPLE = """name,email,organisation,role
Łukasz Nowak,lukasz@northmoor.example,northmoor trust,manager
Rosa Fernández,rosa@northmoor.example,Northmoor Trust,trainer
Amara Osei,trainer@lakeshire.example,Northmoor Trust,trainer
"""


def test_a_first_look_changes_nothing_and_the_second_press_takes_all(world: World, staff: Browser) -> None:
    before = counts(world)
    look = staff.post("/admin/imports/organisations", {"table": ORGANISATIONS})
    assert look.status_code == 200
    assert "2 rows can be imported" in look.text
    assert counts(world) == before
    taken = staff.post("/admin/imports/organisations", {"table": ORGANISATIONS, "sure": "yes"})
    assert (taken.status_code, taken.location) == (303, "/admin/imports")
    assert counts(world) == (before[0] + 2, before[1] + 1, before[2] + 1)
    again = staff.post("/admin/imports/organisations", {"table": ORGANISATIONS})
    assert "Everything is here already" in again.text


def test_people_are_welcomed_and_known_ones_get_a_further_place(world: World, staff: Browser) -> None:
    staff.post("/admin/imports/organisations", {"table": ORGANISATIONS, "sure": "yes"})
    before = counts(world)
    file = (io.BytesIO(PEOPLE.encode("utf-8-sig")), "people.csv")
    assert "3 rows can be imported" in staff.post("/admin/imports/people", {"file": file, "table": ""}).text
    assert staff.post("/admin/imports/people", {"table": PEOPLE, "sure": "yes"}).status_code == 303
    assert counts(world) == (before[0], before[1] + 2, before[2] + 2)
    with world.house.database.read() as session:
        places = memberships.places_of(session, world.people[TRAINER])
    assert [place.organisation_name for place in places] == ["Lakeshire Council", "Northmoor Trust"]


def test_one_fault_stops_all_and_every_fault_is_told(world: World, staff: Browser) -> None:
    before = counts(world)
    table = "name,email,organisation,role\nNew One,new@a.example,Lakeshire Council,trainer\n" + (
        "No Place,no@a.example,Nowhere Trust,trainer\nNobody,manager@lakeshire.example,Lakeshire Council,finance\n"
    )
    response = staff.post("/admin/imports/people", {"table": table, "sure": "yes"})
    assert response.status_code == 409
    for words in ("Nothing was imported", "2 faults", "no organisation called Nowhere Trust", "is licence manager"):
        assert words in response.text, words
    assert "New One,new@a.example" in response.text, "what was typed survives"
    assert counts(world) == before


def test_licences_and_accreditations(world: World, staff: Browser) -> None:
    staff.post("/admin/imports/organisations", {"table": ORGANISATIONS, "sure": "yes"})
    staff.post("/admin/imports/people", {"table": PEOPLE, "sure": "yes"})
    licences = (
        "organisation,programme,first day,last day,seats,reason\n"
        "Northmoor Trust,attachment based mentoring,1/9/2026,31/8/2027,1,Order form\n"
    )
    assert staff.post("/admin/imports/licences", {"table": licences, "sure": "yes"}).status_code == 303
    assert "Everything is here already" in staff.post("/admin/imports/licences", {"table": licences}).text
    accredited = "email,programme,from,until\nrosa@northmoor.example,Attachment Based Mentoring,1/9/2025,31/8/2028\n"
    assert staff.post("/admin/imports/accreditations", {"table": accredited, "sure": "yes"}).status_code == 303
    overlapping = licences.replace("31/8/2027", "30/8/2027")
    response = staff.post("/admin/imports/licences", {"table": overlapping})
    assert (response.status_code, "on some of these days already" in response.text) == (409, True)


def cohort(world: World, table: str, **more: str) -> dict[str, str]:
    days = {"from_on": "2026-11-06", "until_on": "2029-11-05"}
    return {"table": table, "programme": str(world.programme)} | days | more


def test_a_cohort_gets_accreditations_seats_and_mails(world: World, staff: Browser) -> None:
    table = "name,email,organisation\nBen Achterberg,colleague@lakeshire.example,Lakeshire Council\n"
    before = counts(world)
    sent = cohort(world, table, gives_seats="y")
    assert "1 row can be imported" in staff.post("/admin/imports/cohort", sent).text
    assert staff.post("/admin/imports/cohort", sent | {"sure": "yes"}).status_code == 303
    with world.house.database.read() as session:
        ben = world.people[COLLEAGUE]
        assert [seat.licence_id for seat in seats.seats_held(session, [ben])] == [world.licence]
        assert [str(fact.until_on) for fact in accreditations.accreditations_of(session, [ben])] == ["2029-11-05"]
    assert counts(world) == before, "Ben has an account already: nobody is written to"


def test_more_people_than_seats_is_told_by_row(world: World, staff: Browser) -> None:
    table = "name,email,organisation\n" + "".join(f"New {n},n{n}@l.example,Lakeshire Council\n" for n in range(3))
    before = counts(world)
    response = staff.post("/admin/imports/cohort", cohort(world, table, gives_seats="y", sure="yes"))
    assert response.status_code == 409
    assert response.text.count("All 2 seats are in use") == 2
    assert counts(world) == before


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"table": ""}, "Choose a file, or paste the table"),
        ({"table": "name\nAnn"}, "missing"),
        ({"table": "name,email,organisation,role\n=HYPERLINK(),a@b.example,Lakeshire Council,trainer"}, "Begin with"),
        ({"table": "", "file": (io.BytesIO(b"PK\x03\x04"), "people.csv")}, "Save it as CSV"),
        ({"table": "", "file": (io.BytesIO(b"a" * (2**20 + 1)), "people.csv")}, "larger than 1 MB"),
    ],
)
def test_what_cannot_be_read_is_told(world: World, staff: Browser, sent: dict[str, object], told: str) -> None:
    if "file" in sent:
        stream, name = sent["file"]  # type: ignore[misc]
        sent = sent | {"file": (io.BytesIO(stream.getvalue()), name)}  # type: ignore[has-type]
    before = counts(world)
    response = staff.post("/admin/imports/people", sent)
    assert response.status_code == 400
    assert told in response.text
    response.request.environ["wsgi.input"].close()  # the client's own copy of a large file
    assert counts(world) == before


def test_examples_can_be_handed_in_as_they_are(world: World, staff: Browser) -> None:
    for name in ("organisations", "people"):
        text = staff.get(f"/admin/imports/{name}.csv").get_data(as_text=True).lstrip("\ufeff")
        text = text.replace("amara@", "new@").replace("finance@", "f2@").replace("Lakeshire Council,local", "New,local")
        assert staff.post(f"/admin/imports/{name}", {"table": text}).status_code == 200, text
    assert staff.get("/admin/imports/shoes").status_code == 404
    assert world.browser(MANAGER).get("/admin/imports").status_code == 403


def test_register_numbers_are_kept_and_belong_to_one(world: World, staff: Browser) -> None:
    form = {"name": "Moor Trust", "kind": "multi-academy trust", "address": "1 Lane\nMoor", "trust_uid": "tr01234"}
    made = staff.post("/admin/organisations/new", form)
    assert made.status_code == 303
    assert "1 Lane, Moor · Trust UID TR01234" in staff.get(made.location or "").text
    other = staff.post("/admin/organisations/new", form | {"name": "Other"})
    assert (other.status_code, "Moor Trust has this trust UID already" in other.text) == (409, True)
    wrong = staff.post("/admin/organisations/new", form | {"name": "Other", "urn": "12a456", "trust_uid": ""})
    assert (wrong.status_code, "with six figures" in wrong.text) == (400, True)
