"""Merging two people or two organisations, and taking it back, on both databases."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor
from kit.clock import SteppingClock
from kit.links import PublicLinks
from kit.mail import MailMessage
from kit.refusals import Refused
from licences import accreditations, joining, merging, programmes, seats, terms
from licences.kinds import InvoiceState, OrderKind
from licences.ledger import Invoice, Order
from licences.models import Seat
from licences.people import emails, memberships, organisations, sessions, tokens
from licences.people.invitations import Guest
from licences.people.kinds import OrganisationKind, Role, TokenPurpose
from licences.people.memberships import Member
from licences.people.models import Membership, Merge, SignIn

TEAM = Actor(None, "Ruth Vaughan")
LETTERHEAD = mail.Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))
Ground = tuple[Session, SteppingClock]


@pytest.fixture
def ground(session: Session, clock: SteppingClock) -> Ground:
    return session, clock


def place(ground: Ground, name: str) -> int:
    return organisations.create_organisation(*ground, TEAM, name=name, kind=OrganisationKind.LOCAL_AUTHORITY).id


def person(ground: Ground, where: int, name: str, role: Role = Role.TRAINER) -> Member:
    email = f"{name.lower()}@one.example"
    return memberships.add_person(*ground, TEAM, where, name=name, email=email, role=role)


def programme(ground: Ground) -> int:
    return programmes.create_programme(*ground, TEAM, name="ABM", days=3, trainer_days=5, audience="Schools").id


def licence(ground: Ground, where: int, what: int, count: int = 2) -> int:
    return terms.grant(
        *ground, TEAM, organisation_id=where, programme_id=what, starts_on=date(2026, 9, 1),
        ends_on=date(2027, 8, 31), seats=count, reason="Order",
    )  # fmt: skip


def accredit(ground: Ground, who: int, what: int, until: date) -> None:
    accreditations.record_accreditation(
        *ground, TEAM, person_id=who, programme_id=what, from_on=date(2024, 1, 1), until_on=until, note=str(until)
    )


def everything(session: Session) -> list[object]:
    """Who has what, without the moments at which it was written."""
    session.flush()
    session.expire_all()
    places = sa.select(Membership.id, Membership.person_id, Membership.organisation_id, Membership.ended_at.is_(None))
    held = sa.select(Seat.id, Seat.person_id, Seat.licence_id, Seat.released_at.is_(None))
    bought = sa.text("SELECT id, organisation_id, seats_bought FROM licences_licence ORDER BY id")
    known = sa.text("SELECT id, person_id, until_on, note FROM licences_accreditation ORDER BY id")
    return [
        session.execute(query).all()
        for query in (places.order_by(Membership.id), held.order_by(Seat.id), bought, known)
    ]


def test_two_accounts_of_one_person_become_one_and_two_again(ground: Ground) -> None:
    session, _clock = ground
    lake, moor, abm = place(ground, "Lake"), place(ground, "Moor"), programme(ground)
    ann, anne = person(ground, lake, "Ann"), person(ground, lake, "Anne")
    memberships.join(*ground, TEAM, moor, anne.id, Role.MANAGER)
    shared = licence(ground, lake, abm)
    for one in (ann, anne):
        seats.give(*ground, TEAM, shared, one.id)
    accredit(ground, ann.id, abm, date(2027, 1, 1))
    accredit(ground, anne.id, abm, date(2028, 1, 1))
    before = everything(session)

    shown = merging.preview(session, "person", ann.id, anne.id, ())
    assert [(one.words, one.count, one.alike) for one in shown.shares] == [
        ("places", 2, 1), ("seats", 1, 1), ("accreditations", 1, 1),
    ]  # fmt: skip
    assert everything(session) == before, "a preview does nothing"

    made = merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
    live = [one.organisation_name for one in memberships.places_of(session, ann.id) if one.ended_at is None]
    assert live == ["Lake", "Moor"]
    assert [one.person_id for one in seats.seats_of(session, shared)] == [ann.id]
    assert [str(one.until_on) for one in accreditations.accreditations_of(session, [ann.id])] == ["2028-01-01"]
    assert memberships.person_with_email(session, "anne@one.example") is None

    assert merging.undo(*ground, TEAM, made, {"person": ()}) == 0
    assert everything(session) == before
    with pytest.raises(Refused, match="undone already"):
        merging.undo(*ground, TEAM, made, {"person": ()})


def test_a_seat_taken_since_is_not_held_twice_after_undoing(ground: Ground) -> None:
    session, _clock = ground
    lake, abm = place(ground, "Lake"), programme(ground)
    ann, anne, ben = (person(ground, lake, name) for name in ("Ann", "Anne", "Ben"))
    shared = licence(ground, lake, abm)
    for one in (ann, anne):
        seats.give(*ground, TEAM, shared, one.id)
    made = merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
    seats.give(*ground, TEAM, shared, ben.id)
    assert merging.undo(*ground, TEAM, made, {"person": ()}) == 1
    assert sorted(one.person_name for one in seats.seats_of(session, shared)) == ["Ann", "Ben"]


def test_two_organisations_become_one_with_the_seats_of_both_and_two_again(ground: Ground) -> None:
    session, clock = ground
    lake, moor, abm = place(ground, "Lake"), place(ground, "Moor"), programme(ground)
    ann, ben = person(ground, lake, "Ann"), person(ground, moor, "Ben")
    both = person(ground, lake, "Cara")
    memberships.join(*ground, TEAM, moor, both.id, Role.MANAGER)
    first, second = licence(ground, lake, abm), licence(ground, moor, abm, count=3)
    for where, who in ((first, ann), (first, both), (second, ben), (second, both)):
        seats.give(*ground, TEAM, where, who.id)
    before = everything(session)
    assert merging.preview(session, "organisation", lake, moor, ()).seats_added == (("ABM", 3),)
    made = merging.merge(*ground, TEAM, "organisation", lake, moor, ())
    assert [one.name for one in memberships.people_of(session, lake)] == ["Ann", "Ben", "Cara"]
    (kept,) = terms.licences_of(session, clock, lake)
    assert (kept.seats_bought, kept.seats_in_use) == (5, 3)
    with pytest.raises(Refused, match="merged already"):
        merging.preview(session, "organisation", lake, moor, ())
    merging.undo(*ground, TEAM, made, {"organisation": ()})
    assert everything(session) == before


def test_seats_taken_since_stop_the_undoing_until_some_are_released(ground: Ground) -> None:
    session, _clock = ground
    lake, moor, abm = place(ground, "Lake"), place(ground, "Moor"), programme(ground)
    people = [person(ground, lake, name) for name in ("Ann", "Ben", "Cara")]
    first, _second = licence(ground, lake, abm), licence(ground, moor, abm, count=1)
    made = merging.merge(*ground, TEAM, "organisation", lake, moor, ())
    for one in people:
        seats.give(*ground, TEAM, first, one.id)
    point = session.begin_nested()
    with pytest.raises(Refused, match="Release some first"):
        merging.undo(*ground, TEAM, made, {"organisation": ()})
    point.rollback()
    seats.release(*ground, TEAM, first, people[0].id)
    assert merging.undo(*ground, TEAM, made, {"organisation": ()}) == 0


def test_some_cannot_be_one(ground: Ground) -> None:
    session, clock = ground
    lake = place(ground, "Lake")
    team = organisations.create_organisation(session, clock, TEAM, name="Team", kind=OrganisationKind.LICENSOR).id
    ann = person(ground, lake, "Ann")
    with pytest.raises(Refused, match="one already"):
        merging.preview(session, "person", ann.id, ann.id, ())
    with pytest.raises(Refused, match="own organisation"):
        merging.merge(*ground, TEAM, "organisation", team, lake, ())


def test_a_session_opened_at_a_place_that_goes_back_is_not_the_other_persons(ground: Ground) -> None:
    session, clock = ground
    lake, moor = place(ground, "Lake"), place(ground, "Moor")
    ann, other = person(ground, lake, "Ann"), person(ground, moor, "Anne")
    staff = organisations.create_organisation(*ground, TEAM, name="Team", kind=OrganisationKind.LICENSOR).id
    ruth = sessions.begin(*ground, person(ground, staff, "Ruth", Role.STAFF).membership_id, "")
    made = merging.merge(*ground, TEAM, "person", ann.id, other.id, ())
    secret = sessions.begin(*ground, other.membership_id, "")
    found = sessions.viewer_of(session, clock, secret)
    assert found is not None
    assert found[0].person_id == ann.id
    acting = sessions.viewer_of(session, clock, ruth)
    assert acting
    sessions.begin_acting(*ground, acting[0], other.membership_id, reason="asked")
    merging.undo(*ground, TEAM, made, {"person": ()})
    assert sessions.viewer_of(session, clock, secret) is None
    assert session.scalar(sa.select(sa.func.count()).where(SignIn.acting_for_id.is_not(None))) == 0


def test_the_last_manager_is_not_lost_by_a_merge(ground: Ground) -> None:
    session, _clock = ground
    lake, abm = place(ground, "Lake"), programme(ground)
    ann, anne = person(ground, lake, "Ann"), person(ground, lake, "Anne", Role.MANAGER)
    for verb in (merging.preview, lambda *given: merging.merge(*ground, TEAM, *given[1:])):
        with pytest.raises(Refused, match="last licence manager of Lake"):
            verb(session, "person", ann.id, anne.id, ())
    seats.give(*ground, TEAM, licence(ground, lake, abm), anne.id)
    bill = person(ground, lake, "Bill", Role.FINANCE)
    person(ground, lake, "Cara", Role.MANAGER)
    with pytest.raises(Refused, match="cannot use the other’s seat"):
        merging.preview(session, "person", bill.id, anne.id, ())
    merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
    assert [one.name for one in memberships.people_with_roles(session, lake, Role.MANAGER)] == ["Cara"]


def test_a_seat_given_since_does_not_stay_with_somebody_without_a_place(ground: Ground) -> None:
    session, _clock = ground
    lake, moor, abm = place(ground, "Lake"), place(ground, "Moor"), programme(ground)
    ann, anne, ben = person(ground, lake, "Ann"), person(ground, moor, "Anne"), person(ground, lake, "Ben")
    theirs = licence(ground, moor, abm)
    made = merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
    seats.give(*ground, TEAM, theirs, ann.id)
    assert merging.undo(*ground, TEAM, made, {"person": ()}) == 1
    assert seats.seats_of(session, theirs) == []
    made = merging.merge(*ground, TEAM, "organisation", lake, moor, ())
    seats.give(*ground, TEAM, theirs, ben.id)
    assert merging.undo(*ground, TEAM, made, {"organisation": ()}) == 1
    assert seats.seats_of(session, theirs) == []


def test_what_was_closed_stays_closed_when_its_like_is_there_by_now(ground: Ground) -> None:
    session, _clock = ground
    lake, moor = place(ground, "Lake"), place(ground, "Moor")
    ann, anne = person(ground, lake, "Ann"), person(ground, lake, "Anne")
    memberships.join(*ground, TEAM, moor, anne.id, Role.TRAINER)
    made = merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
    merging.merge(*ground, TEAM, "organisation", moor, lake, ())
    merging.undo(*ground, TEAM, made, {"person": ()})
    live = [one for one in memberships.places_of(session, anne.id) if one.ended_at is None]
    assert [(one.organisation_name, one.role) for one in live] == [("Moor", Role.TRAINER)]


def test_an_accreditation_renewed_since_stays_renewed_after_undoing(ground: Ground) -> None:
    session, clock = ground
    lake, abm = place(ground, "Lake"), programme(ground)
    ann, anne = person(ground, lake, "Ann"), person(ground, lake, "Anne")
    accredit(ground, ann.id, abm, date(2027, 1, 1))
    accredit(ground, anne.id, abm, date(2028, 1, 1))
    made = merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
    clock.move(days=1)
    accredit(ground, ann.id, abm, date(2030, 1, 1))
    merging.undo(*ground, TEAM, made, {"person": ()})
    until = {one.person_id: one.until_on for one in accreditations.accreditations_of(session, [ann.id, anne.id])}
    assert until == {ann.id: date(2030, 1, 1), anne.id: date(2028, 1, 1)}


def test_a_link_to_object_waits_while_its_owner_is_merged_away(ground: Ground) -> None:
    session, clock = ground
    lake = place(ground, "Lake")
    ann, anne = person(ground, lake, "Ann"), person(ground, lake, "Anne")
    emails.ask(*ground, LETTERHEAD, Actor(anne.id, "Anne"), email="thief@evil.example")
    emails.confirm(*ground, LETTERHEAD, newest_secret(session, "/email/confirm/"))
    objection = newest_secret(session, "/email/keep/")
    made = merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
    point = session.begin_nested()
    with pytest.raises(Refused, match="joined with another one"):
        emails.object_to(*ground, LETTERHEAD, objection)
    point.rollback()
    merging.undo(*ground, TEAM, made, {"person": ()})
    assert emails.object_to(*ground, LETTERHEAD, objection) == "anne@one.example"
    for purpose in set(TokenPurpose) - {TokenPurpose.OBJECT_TO_EMAIL, TokenPurpose.INVITATION}:
        secret = tokens.issue(session, clock, purpose, person_id=anne.id)
        merging.merge(*ground, TEAM, "person", ann.id, anne.id, ())
        assert tokens.look(session, clock, purpose, secret) is None, purpose
        merging.undo(*ground, TEAM, session.scalars(sa.select(sa.func.max(Merge.id))).one(), {"person": ()})


def test_money_that_is_still_open_does_not_go_out_of_sight(ground: Ground) -> None:
    """Where both have a licence, the one of the organisation that goes stays behind; so its books must be closed."""
    session, clock = ground
    lake, moor, abm = place(ground, "Lake"), place(ground, "Moor"), programme(ground)
    licence(ground, lake, abm)
    theirs = licence(ground, moor, abm)
    order = Order(
        licence_id=theirs, kind=OrderKind.LICENCE, starts_on=date(2027, 9, 1), ends_on=date(2028, 8, 31), seats=2,
        net_pence=100, vat_basis_points=0, currency="GBP", po_waived=True, placed_at=clock.now(), placed_by="Ruth",
    )  # fmt: skip
    invoice = Invoice(
        licence_id=theirs, number="INV-7", issued_on=date(2026, 11, 1), due_on=date(2026, 12, 1),
        state=InvoiceState.OPEN, net_pence=100, vat_pence=0, owed_pence=100, currency="GBP", adds_seats=0,
        recorded_at=clock.now(), recorded_by="Ruth",
    )  # fmt: skip
    session.add_all([order, invoice])
    session.flush()
    for words in ("Invoice INV-7 for ABM is not paid", "An order for ABM has not begun"):
        with pytest.raises(Refused, match=words):
            merging.preview(session, "organisation", lake, moor, ())
        with pytest.raises(Refused, match=words):
            merging.merge(*ground, TEAM, "organisation", lake, moor, ())
        invoice.owed_pence, invoice.state = 0, InvoiceState.PAID
        session.flush()
    order.begun_at = clock.now()
    session.flush()
    assert merging.merge(*ground, TEAM, "organisation", lake, moor, ())


def newest_secret(session: Session, path: str) -> str:
    text = session.scalars(sa.select(MailMessage.text).order_by(MailMessage.id.desc()).limit(1)).one()
    return text.partition(path)[2].split()[0]


@pytest.mark.parametrize("is_undone", [False, True])
def test_an_invitation_gives_its_seat_after_a_merge_and_after_undoing(ground: Ground, is_undone: bool) -> None:
    """Both organisations have a licence for the programme; the one that promised the seat stays behind, empty."""
    session, _clock = ground
    lake, moor, abm = place(ground, "Lake"), place(ground, "Moor"), programme(ground)
    first, second = licence(ground, lake, abm), licence(ground, moor, abm)
    guests = [Guest("Zoe", "zoe@moor.example")]
    joining.invite(*ground, TEAM, LETTERHEAD, moor, guests, Role.TRAINER, second)
    made = merging.merge(*ground, TEAM, "organisation", lake, moor, ())
    if is_undone:
        merging.undo(*ground, TEAM, made, {"organisation": ()})
    joined = joining.accept(*ground, newest_secret(session, "/invitation/"), password_hash="a hash")
    assert joined.seat_given
    assert joined.member.organisation_id == (moor if is_undone else lake)
    assert [one.person_name for one in seats.seats_of(session, second if is_undone else first)] == ["Zoe"]
