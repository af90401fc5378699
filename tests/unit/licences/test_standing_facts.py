"""The database's word on a licence's standing is that of `licences.standing`, whatever the rows."""

import random
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import SteppingClock, today
from licences import directory
from licences.directory import OrganisationsWanted, Turn
from licences.entitlements import entitlements
from licences.kinds import InvoiceState, OrderKind
from licences.ledger import Invoice, Order, RenewalPromise, StaffOverride
from licences.models import Licence, Period
from licences.people.models import Person
from licences.standing import Standing
from tests.unit.licences.test_directory import a_licence, a_programme, an_organisation

DAY = timedelta(days=1)


def a_person(session: Session, clock: SteppingClock, email: str) -> int:
    row = Person(name=email, email=email, password_hash=None, created_at=clock.now())
    session.add(row)
    session.flush()
    return row.id


def order_for(session: Session, clock: SteppingClock, licence: int, luck: random.Random) -> None:
    """Puts an order behind each period, waiting or not."""
    for period in session.scalars(sa.select(Period).where(Period.licence_id == licence)):
        row = Order(
            licence_id=licence, kind=OrderKind.LICENCE, starts_on=period.starts_on, ends_on=period.ends_on, seats=2,
            net_pence=100, vat_basis_points=0, currency="GBP", po_number=luck.choice((None, None, "PO 1")),
            po_waived=luck.random() < 0.2, paid_on=luck.choice((None, None, period.starts_on)),
            placed_at=clock.now(), placed_by="x",
        )  # fmt: skip
        session.add(row)
        session.flush()
        period.order_id = row.id


def claim(session: Session, clock: SteppingClock, licence: int, luck: random.Random) -> None:
    day = today(clock)
    due = day - luck.choice((-1, 0, 1, 13, 14, 59, 60, 61)) * DAY
    given_up = luck.choice((None, None, None, day, day + DAY))
    number = f"SB-{licence}-{luck.randrange(10**9)}"
    owed = luck.choice((0, 100, 100, 100))
    session.add(
        Invoice(
            licence_id=licence, number=number, issued_on=due - 30 * DAY, due_on=due,
            state=InvoiceState.PAID if not owed else InvoiceState.GIVEN_UP if given_up else InvoiceState.OPEN,
            net_pence=100, vat_pence=0, owed_pence=owed, currency="GBP", adds_seats=luck.choice((0, 0, 1)),
            recorded_at=clock.now(), recorded_by="x", closed_reason="Gone.",
            failed_on=luck.choice((None, None, day, day - 13 * DAY, day - 14 * DAY)),
            in_flight_on=luck.choice((None, None, due, due + DAY, due + 60 * DAY)),
            uncollectible_on=given_up if owed else None, disputed_on=luck.choice((None, None, day)),
        )
    )  # fmt: skip


def decide(session: Session, clock: SteppingClock, licence: int, people: list[int], luck: random.Random) -> None:
    day = today(clock)
    if luck.random() < 0.3:
        begins = day + luck.choice((-1, 0, 1)) * DAY
        agreed = luck.random() < 0.5
        session.add(
            StaffOverride(
                licence_id=licence, from_on=begins, until_on=begins + luck.choice((0, 1, 20)) * DAY, reason="x",
                asked_by_id=people[0], asked_by="x", asked_at=clock.now(), needs_second=luck.random() < 0.5,
                agreed_by_id=people[1] if agreed else None, agreed_at=clock.now() if agreed else None,
                ended_at=luck.choice((None, None, clock.now())),
            )
        )  # fmt: skip
    if luck.random() < 0.4:
        ended = day - luck.choice((0, 1, 29, 30, 31)) * DAY
        session.add(
            RenewalPromise(
                licence_id=licence, after_on=ended, until_on=ended + 30 * DAY, promised_at=clock.now(), promised_by="x"
            )
        )


def spans(luck: random.Random, day: date) -> list[tuple[date, date]]:
    begins = day - luck.choice((0, 1, 5, 20)) * DAY
    ends = day + luck.choice((-1, 0, 1, 20)) * DAY
    return luck.choice(
        ([], [(begins, max(begins, ends))], [(begins, max(begins, ends)), (day + 30 * DAY, day + 40 * DAY)])
    )


@pytest.mark.parametrize("seed", range(4))
def test_filter_list_and_entitlement_agree(session: Session, clock: SteppingClock, seed: int) -> None:
    luck, programme = random.Random(seed), a_programme(session, clock)
    people = [a_person(session, clock, f"{name}@demo.example") for name in "ab"]
    for number in range(150):
        place = an_organisation(session, clock, f"Place {number:03}")
        licence = a_licence(session, clock, place, programme, spans(luck, today(clock)), luck.random() < 0.1)
        if luck.random() < 0.6:
            order_for(session, clock, licence, luck)
        for _ in range(luck.choice((0, 1, 1, 2))):
            claim(session, clock, licence, luck)
        decide(session, clock, licence, people, luck)
    session.flush()
    everybody = directory.organisations(session, clock, OrganisationsWanted(), Turn(1000))
    for standing in Standing:
        found = directory.organisations(session, clock, OrganisationsWanted(standing=standing), Turn(1000))
        expected = [one.id for one in everybody if one.licences[0].standing.standing is standing]
        assert [one.id for one in found] == expected
        assert expected, standing
    for one in everybody[::5]:
        answer = entitlements(
            session, clock, person_id=people[0], organisation_id=one.id, organisation_name=one.organisation.name
        )[programme]
        assert answer.licence
        assert answer.licence.standing == one.licences[0].standing


def test_a_licence_granted_by_hand_needs_no_money(session: Session, clock: SteppingClock) -> None:
    place = an_organisation(session, clock, "By hand")
    day = today(clock)
    a_licence(session, clock, place, a_programme(session, clock), [(day, day + DAY)], stopped=False)
    session.expire_all()
    assert session.scalar(sa.select(Licence.cancelled_at)) is None
    found = directory.organisations(session, clock, OrganisationsWanted(standing=Standing.ACTIVE), Turn(10))
    assert [one.organisation.name for one in found] == ["By hand"]
