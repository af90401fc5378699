"""Licences, seats and accreditations through their services, on both databases."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, AuditEntry
from kit.clock import SteppingClock, today
from kit.refusals import NotThere, Refused
from licences import accreditations, programmes, seats, terms
from licences.entitlements import Reason, entitlement
from licences.models import Licence, Period, Seat, Suspension
from licences.people import legal, memberships, organisations
from licences.people.kinds import LegalKind, OrganisationKind, Role
from licences.people.viewer import Viewer
from licences.standing import Standing
from tests.unit.licences.council import LakeshireCouncil

STAFF = Actor(None, "Ruth Vaughan")


class Council(LakeshireCouncil):
    """A council that subscribes."""

    def __init__(self, session: Session, clock: SteppingClock) -> None:
        super().__init__(session, clock)
        self.session, self.clock, self.day = session, clock, today(clock)

    def grant(self, first: int = -10, last: int = 300, number: int = 1) -> int:
        return terms.grant(
            self.session, self.clock, STAFF, organisation_id=self.id, programme_id=self.programme,
            starts_on=self.day + timedelta(days=first), ends_on=self.day + timedelta(days=last),
            seats=number, reason="Order form",
        )  # fmt: skip

    def accredit(self, person: int, first: int = -10, last: int = 300) -> None:
        accreditations.record_accreditation(
            self.session, self.clock, STAFF, person_id=person, programme_id=self.programme,
            from_on=self.day + timedelta(days=first), until_on=self.day + timedelta(days=last), note="",
        )  # fmt: skip

    def reason(self, person: int | None = None) -> Reason | None:
        """Why Amara (or another) gets no copy."""
        answer = entitlement(
            self.session, self.clock, person_id=person or self.amara, organisation_id=self.id,
            organisation_name="Lakeshire Council", programme_id=self.programme,
        )  # fmt: skip
        assert answer is not None
        assert (answer.refusal is None) is answer.allowed
        return answer.refusal.reason if answer.refusal else None

    def actions(self) -> list[str]:
        return list(self.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.fixture
def council(session: Session, clock: SteppingClock) -> Council:
    return Council(session, clock)


def test_the_reasons_come_in_the_order_in_which_they_are_mended(council: Council) -> None:
    session, clock = council.session, council.clock
    assert council.reason() is Reason.NO_LICENCE
    licence = council.grant(first=5)
    assert council.reason() is Reason.PENDING
    clock.move(days=6)
    assert council.reason() is Reason.NO_SEAT
    seats.give(session, clock, STAFF, licence, council.amara)
    assert council.reason() is Reason.NOT_ACCREDITED
    council.accredit(council.amara, first=20)
    assert council.reason() is Reason.NOT_ACCREDITED
    council.accredit(council.amara, last=3)
    assert council.reason() is Reason.LAPSED
    council.accredit(council.amara)
    assert council.reason() is None
    text = legal.publish(session, clock, STAFF, LegalKind.TERMS_OF_USE, title="Terms", body="One.", after=0)
    assert council.reason() is Reason.TERMS
    viewer = Viewer("", council.amara, "Amara", "a@b.example", council.id, "Lakeshire Council", Role.TRAINER)
    legal.accept_terms_of_use(session, clock, viewer, text.version)
    assert council.reason() is None
    assert council.reason(council.ben) is Reason.NO_SEAT
    terms.suspend(session, clock, STAFF, licence, reason="Unpaid")
    assert council.reason() is Reason.SUSPENDED
    terms.restore(session, clock, STAFF, licence, reason="Paid")
    assert council.reason() is None
    clock.move(days=300)
    assert council.reason() is Reason.ENDED


def test_the_last_day_counts_in_london(council: Council) -> None:
    licence = council.grant(last=0)
    seats.give(council.session, council.clock, STAFF, licence, council.amara)
    council.accredit(council.amara, last=0)
    council.clock.moment = council.clock.moment.replace(hour=23, minute=59)
    assert council.reason() is None
    council.clock.move(minutes=2)
    assert council.reason() is Reason.ENDED


def test_seats_in_use_never_exceed_seats_bought(council: Council) -> None:
    licence = council.grant(number=1)
    seats.give(council.session, council.clock, STAFF, licence, council.amara)
    with pytest.raises(Refused, match="in use"):
        seats.give(council.session, council.clock, STAFF, licence, council.ben)
    with pytest.raises(Refused, match="1 seat"):
        terms.change_seats(council.session, council.clock, STAFF, licence, seats=0, reason="Fewer")
    with pytest.raises(Refused, match="has a seat already"):
        seats.give(council.session, council.clock, STAFF, licence, council.amara)
    seats.release(council.session, council.clock, STAFF, licence, council.amara)
    seats.give(council.session, council.clock, STAFF, licence, council.ben)
    assert [seat.person_name for seat in seats.seats_of(council.session, licence)] == ["Ben"]


def test_a_seat_is_for_somebody_of_the_organisation_who_delivers(council: Council) -> None:
    licence = council.grant(number=5)
    with pytest.raises(Refused):
        seats.give(council.session, council.clock, STAFF, licence, council.colin)
    with pytest.raises(Refused):
        seats.give(council.session, council.clock, STAFF, licence, 999_999)
    with pytest.raises(NotThere):
        seats.give(council.session, council.clock, STAFF, 999_999, council.amara)


def test_periods_do_not_overlap_and_end_after_they_begin(council: Council) -> None:
    council.grant(first=0, last=10)
    council.grant(first=11, last=20)
    for first, last in ((10, 30), (-5, 0), (5, 6), (-5, 40)):
        with pytest.raises(Refused):
            council.grant(first=first, last=last)
    with pytest.raises(Refused, match="before the first"):
        council.grant(first=60, last=50)
    with pytest.raises(Refused, match="three years"):
        council.grant(first=60, last=60 + 366 * 3)


def test_a_suspension_needs_an_end_before_another(council: Council) -> None:
    licence = council.grant()
    with pytest.raises(Refused, match="not suspended"):
        terms.restore(council.session, council.clock, STAFF, licence, reason="Paid")
    terms.suspend(council.session, council.clock, STAFF, licence, reason="Unpaid")
    with pytest.raises(Refused, match="suspended already"):
        terms.suspend(council.session, council.clock, STAFF, licence, reason="Unpaid")
    assert terms.licence_facts(council.session, council.clock, licence).standing.standing is Standing.SUSPENDED
    terms.restore(council.session, council.clock, STAFF, licence, reason="Paid")
    assert council.actions()[-2:] == ["licence suspended", "licence restored"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda licence, person: Period(
            licence_id=licence, starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1), reason=""
        ),
        lambda licence, person: Seat(licence_id=licence, person_id=person),
        lambda licence, person: Suspension(licence_id=licence, reason="again"),
        lambda licence, person: Licence(organisation_id=1, programme_id=999_999, seats_bought=1),
        lambda licence, person: sa.text("UPDATE licences_licence SET seats_bought = -1"),
        lambda licence, person: sa.text("UPDATE licences_membership SET role = 'king'"),
        lambda licence, person: sa.text("UPDATE licences_suspension SET restored_at = since"),
        lambda licence, person: sa.text("UPDATE licences_programme SET days = 0"),
    ],
)
def test_the_database_refuses_what_a_service_would(council: Council, wrong) -> None:  # type: ignore[no-untyped-def]
    """Each constraint bites when somebody goes behind the services' back."""
    session, now = council.session, council.clock.now()
    licence = council.grant(number=3)
    seats.give(session, council.clock, STAFF, licence, council.amara)
    terms.suspend(session, council.clock, STAFF, licence, reason="Unpaid")
    made = wrong(licence, council.amara)
    with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
        force(session, made, now)


def force(session: Session, made: object, now: datetime) -> None:
    """Runs a statement, or adds a row, past the services."""
    if isinstance(made, sa.TextClause):
        session.execute(made)
        return
    for moment in ("created_at", "given_at", "since"):
        if hasattr(type(made), moment):
            setattr(made, moment, now)
    session.add(made)
    session.flush()


def test_names_are_taken_whatever_their_capitals(council: Council) -> None:
    session, clock = council.session, council.clock
    with pytest.raises(Refused, match="already"):
        organisations.create_organisation(session, clock, STAFF, name="LAKESHIRE council", kind=OrganisationKind.TRUST)
    with pytest.raises(Refused, match="already"):
        programmes.create_programme(session, clock, STAFF, name="abm", days=1, trainer_days=None, audience="")
    with pytest.raises(Refused, match="here already"):
        memberships.add_person(
            session, clock, STAFF, council.id, name="Amara", email="AMARA@lakeshire.example", role=Role.TRAINER
        )
    with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
        session.execute(
            sa.text("INSERT INTO licences_organisation (name, kind, created_at) VALUES (:name, 'EP team', :at)"),
            {"name": "LAKESHIRE COUNCIL", "at": clock.now().isoformat(sep=" ")},
        )


def test_every_change_leaves_an_audit_row(council: Council) -> None:
    licence = council.grant(number=2)
    seats.give(council.session, council.clock, STAFF, licence, council.amara)
    seats.release(council.session, council.clock, STAFF, licence, council.amara)
    terms.change_seats(council.session, council.clock, STAFF, licence, seats=5, reason="More")
    council.accredit(council.amara)
    assert council.actions()[-5:] == [
        "licence granted", "seat given", "seat released", "seats changed", "accreditation recorded",
    ]  # fmt: skip
