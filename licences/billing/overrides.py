"""Staff keep a licence open for a while, whatever is owed: alone for two weeks at most, longer with a second person.

All staff are told by mail each time, so that nobody decides unseen.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, record
from kit.clock import Clock, in_words, today
from kit.db import lock_row
from kit.refusals import NotThere, Refused
from licences import terms
from licences.billing.orders import locked_licence, organisation_of
from licences.ledger import StaffOverride
from licences.models import Licence
from licences.people.kinds import Role
from licences.people.memberships import are_one_person, people_with_roles
from licences.people.organisations import licensor

ALONE_DAYS = 14
LONGEST_DAYS = 366


@dataclass(frozen=True)
class OverrideFacts:
    """A decision that counts, or waits for its second person."""

    id: int
    licence_id: int
    from_on: date
    until_on: date
    reason: str
    asked_by_id: int
    asked_by: str
    agreed_by: str | None
    waits: bool


def keep_open(
    session: Session,
    clock: Clock,
    actor: Actor,
    letterhead: mail.Letterhead,
    licence_id: int,
    *,
    until_on: date,
    reason: str,
) -> bool:
    """Keeps a licence open from today on; returns whether that counts at once, or waits for a second person.

    One person decides for fourteen days, counted with what was decided alone in the last thirty. Raises `NotThere`, and
    `Refused` for a day that has passed or lies beyond a year, or while another decision counts or waits.
    """
    if actor.person_id is None:
        raise Refused("Somebody with a name has to decide this.")
    day = today(clock)
    if not day <= until_on <= day + timedelta(days=LONGEST_DAYS):
        raise Refused("Choose a day from today on, within a year.", "until_on")
    locked_licence(session, licence_id)
    if open_overrides(session, clock, licence_id):
        raise Refused("It is kept open already, or waits for a second person. End that first.")
    alone = (until_on - day).days + 1 + _days_alone(session, licence_id, day)
    needs_second = alone > ALONE_DAYS
    row = StaffOverride(
        licence_id=licence_id,
        from_on=day,
        until_on=until_on,
        reason=reason,
        asked_by_id=actor.person_id,
        asked_by=actor.name,
        asked_at=clock.now(),
        needs_second=needs_second,
    )
    session.add(row)
    session.flush()
    _tell(session, clock, actor, letterhead, row, "override asked for" if needs_second else "override granted")
    return not needs_second


def agree(session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, override_id: int) -> int:
    """The second person agrees; it counts from now on. Returns the licence's id.

    Raises `NotThere`, and `Refused` for the person who asked, by whatever account, or when nothing waits any more.
    """
    row = _locked(session, override_id)
    if not row.needs_second or row.agreed_at is not None or row.ended_at is not None or row.until_on < today(clock):
        raise Refused("Nothing waits for a second person any more.")
    if actor.person_id is None or are_one_person(session, actor.person_id, row.asked_by_id):
        raise Refused("A second person has to agree: not the one who asked.")
    row.agreed_by_id, row.agreed_by, row.agreed_at = actor.person_id, actor.name, clock.now()
    session.flush()
    _tell(session, clock, actor, letterhead, row, "override agreed")
    return row.licence_id


def end(session: Session, clock: Clock, actor: Actor, override_id: int) -> int:
    """Ends a decision: the licence stands as its facts say. Returns the licence's id. Raises `NotThere`, `Refused`."""
    row = _locked(session, override_id)
    if row.ended_at is not None:
        raise Refused("It is ended already.")
    row.ended_at = clock.now()
    session.flush()
    subject = terms.licence_facts(session, clock, row.licence_id).subject
    record(session, clock, actor, "override ended", subject, until=row.until_on.isoformat())
    return row.licence_id


def open_overrides(session: Session, clock: Clock, licence_id: int) -> list[OverrideFacts]:
    """The decisions about a licence that count today, or wait for a second person."""
    rows = session.scalars(
        sa.select(StaffOverride)
        .where(
            StaffOverride.licence_id == licence_id,
            StaffOverride.until_on >= today(clock),
            StaffOverride.ended_at.is_(None),
        )
        .order_by(StaffOverride.id)
    )
    return [
        OverrideFacts(
            row.id,
            row.licence_id,
            row.from_on,
            row.until_on,
            row.reason,
            row.asked_by_id,
            row.asked_by,
            row.agreed_by,
            row.needs_second and row.agreed_at is None,
        )
        for row in rows
    ]


def licence_of(session: Session, override_id: int) -> int:
    """The id of the licence that a decision is about. Raises `NotThere`."""
    licence_id = session.scalar(sa.select(StaffOverride.licence_id).where(StaffOverride.id == override_id))
    if licence_id is None:
        raise NotThere
    return licence_id


def _locked(session: Session, override_id: int) -> StaffOverride:
    locked_licence(session, licence_of(session, override_id))
    row = lock_row(session, StaffOverride, override_id)
    assert row is not None
    return row


def _days_alone(session: Session, licence_id: int, day: date) -> int:
    """On how many of the last thirty days one person alone kept a licence of this one's organisation open."""
    since = day - timedelta(days=30)
    of_place = sa.select(Licence.id).where(Licence.organisation_id == organisation_of(session, licence_id))
    rows = session.scalars(
        sa.select(StaffOverride).where(
            StaffOverride.licence_id.in_(of_place), ~StaffOverride.needs_second, StaffOverride.until_on >= since
        )
    )
    kept: set[date] = set()
    for row in rows:
        first, last = max(row.from_on, since), min(row.until_on, day - timedelta(days=1))
        kept |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return len(kept)


def _tell(
    session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, row: StaffOverride, action: str
) -> None:
    """Tells everybody on the programme team, and the trail."""
    licence = terms.licence_facts(session, clock, row.licence_id)
    team = licensor(session)
    for one in people_with_roles(session, team.id, Role.STAFF) if team else []:
        mail.queue(
            session,
            clock,
            template="licences/override",
            to=mail.Address(one.email, one.name),
            context={
                "licence": licence,
                "actor": actor,
                "until": in_words(row.until_on),
                "reason": row.reason,
                "waits": row.needs_second and row.agreed_at is None,
                "asked_by": row.asked_by,
                "agreed": row.agreed_at is not None,
                "path": f"/admin/licences/{licence.id}",
            },
            letterhead=letterhead,
            about=("licence", licence.id),
        )
    until = row.until_on.isoformat()
    record(session, clock, actor, action, licence.subject, until=until, reason=row.reason)
