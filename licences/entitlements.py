"""The one question: may this person take copies of this programme's materials now?

The answer always carries a reason that a person can act on. It is asked anew at every request, so that a right
that was taken away is gone at the next one.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from kit.clock import Clock, in_words, today
from kit.refusals import NotThere
from kit.statements import Statement
from licences.accreditations import AccreditationFacts
from licences.models import Accreditation, Licence, Programme, Seat
from licences.people.kinds import LegalKind, Role
from licences.people.memberships import Member, people_with_roles
from licences.people.models import Acceptance, LegalText
from licences.people.viewer import Viewer
from licences.programmes import ProgrammeFacts
from licences.standing import Cause, LicenceStanding, Standing
from licences.standing_facts import COLUMNS, Gathered, joined
from licences.terms import LicenceFacts


class Reason(StrEnum):
    """Why there is no copy just now."""

    NO_LICENCE = "no licence"
    PENDING = "licence pending"
    SUSPENDED = "licence suspended"
    ENDED = "licence ended"
    NO_SEAT = "no seat"
    SEAT_PAUSED = "seat paused"
    NOT_ACCREDITED = "not accredited"
    LAPSED = "accreditation lapsed"
    TERMS = "terms not accepted"


@dataclass(frozen=True)
class Refusal:
    """Why not, who can mend it, and what happens then: one sentence each."""

    reason: Reason
    summary: str
    happened: str
    mends: str
    then: str


@dataclass(frozen=True)
class Entitlement:
    """The answer for one programme; `refusal` is None when the person may take copies.

    `seat_place` is that of the person's seat among those in use, the oldest first; 0 without one.
    """

    programme: ProgrammeFacts
    licence: LicenceFacts | None
    accreditation: AccreditationFacts | None
    seat_place: int
    refusal: Refusal | None

    @property
    def has_seat(self) -> bool:
        return self.seat_place > 0

    @property
    def allowed(self) -> bool:
        return self.refusal is None

    @property
    def only_terms_missing(self) -> bool:
        """True when nothing but the person's own acceptance of the terms stands between them and a copy."""
        return self.refusal is not None and self.refusal.reason is Reason.TERMS


@dataclass(frozen=True)
class _Circumstances:
    """What holds for a person whatever the programme."""

    organisation_name: str
    manager: str
    day: date


_CURRENT_TERMS = (
    sa.select(LegalText.id)
    .where(LegalText.kind == LegalKind.TERMS_OF_USE)
    .order_by(LegalText.version.desc())
    .limit(1)
    .scalar_subquery()
)
_EARLIER = aliased(Seat)
# The place of the person's own seat among those in use, by when they were given; none without a seat.
_SEAT_PLACE = (
    sa.select(sa.func.count(_EARLIER.id))
    .select_from(Seat)
    .join(
        _EARLIER,
        sa.and_(_EARLIER.licence_id == Seat.licence_id, _EARLIER.released_at.is_(None), _EARLIER.id <= Seat.id),
    )
    .where(Seat.licence_id == Licence.id, Seat.released_at.is_(None), Seat.person_id == sa.bindparam("person"))
    .correlate(Licence)
    .scalar_subquery()
)
_FACTS = joined(
    sa.select(
        Programme.id,
        Programme.name,
        Programme.days,
        Programme.trainer_days,
        Programme.audience,
        Licence.id.label("licence_id"),
        Accreditation.from_on,
        Accreditation.until_on,
        Accreditation.note,
        _SEAT_PLACE.label("seat_place"),
        sa.or_(
            _CURRENT_TERMS.is_(None),
            sa.exists().where(
                Acceptance.person_id == sa.bindparam("person"), Acceptance.legal_text_id == _CURRENT_TERMS
            ),
        ).label("terms_accepted"),
        *COLUMNS,
    )
    .select_from(Programme)
    .outerjoin(
        Licence,
        sa.and_(Licence.programme_id == Programme.id, Licence.organisation_id == sa.bindparam("organisation")),
    )
    .outerjoin(
        Accreditation,
        sa.and_(Accreditation.programme_id == Programme.id, Accreditation.person_id == sa.bindparam("person")),
    )
    .order_by(Programme.name)
)
_OF_ALL = Statement(_FACTS)
_OF_ONE = Statement(_FACTS.where(Programme.id == sa.bindparam("programme")))


def entitlement(
    session: Session, clock: Clock, *, person_id: int, organisation_id: int, organisation_name: str, programme_id: int
) -> Entitlement | None:
    """The answer for one programme; None when there is no such programme."""
    asked = {"person": person_id, "organisation": organisation_id, "programme": programme_id}
    return _answers(session, clock, _OF_ONE, asked, organisation_name).get(programme_id)


def answer_for(session: Session, clock: Clock, viewer: Viewer, programme_id: int) -> Entitlement:
    """The answer for a viewer in the organisation they work in now.

    Raises `NotThere` when that organisation has no licence for the programme.
    """
    answer = entitlement(
        session,
        clock,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        organisation_name=viewer.organisation_name,
        programme_id=programme_id,
    )
    if answer is None or answer.licence is None:
        raise NotThere
    return answer


def answers_for(session: Session, clock: Clock, viewer: Viewer) -> dict[int, Entitlement]:
    """The answers for a viewer in the organisation they work in now, by programme."""
    return entitlements(
        session,
        clock,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        organisation_name=viewer.organisation_name,
    )


def entitlements(
    session: Session, clock: Clock, *, person_id: int, organisation_id: int, organisation_name: str
) -> dict[int, Entitlement]:
    """The answers for every programme, by its id, with a constant number of statements."""
    asked = {"person": person_id, "organisation": organisation_id}
    return _answers(session, clock, _OF_ALL, asked, organisation_name)


def _answers(
    session: Session,
    clock: Clock,
    statement: Statement,
    asked: dict[str, int],
    organisation_name: str,
) -> dict[int, Entitlement]:
    day = today(clock)
    rows, gathered = {}, defaultdict[int, Gathered](Gathered)
    for row in statement.all(session, **asked, day=day):
        rows[row.id] = row
        gathered[row.id].add(row)
    around = _Circumstances(organisation_name, "", day)
    answers = {}
    for row in rows.values():
        answer = _without_refusal(row, asked, around, gathered[row.id])
        if _refusal(around, answer, terms_accepted=row.terms_accepted):
            if not around.manager:  # only a refusal says who can mend it
                managers = people_with_roles(session, asked["organisation"], Role.MANAGER)
                around = replace(around, manager=_manager_words(managers, asked["person"]))
            answer = replace(answer, refusal=_refusal(around, answer, terms_accepted=row.terms_accepted))
        answers[row.id] = answer
    return answers


def _without_refusal(row: Any, asked: dict[str, int], around: _Circumstances, gathered: Gathered) -> Entitlement:
    """The facts of an answer, as the statement found them."""
    programme = ProgrammeFacts(row.id, row.name, row.days, row.trainer_days, row.audience)
    licence = accreditation = None
    if row.licence_id is not None:
        licence = LicenceFacts(
            row.licence_id,
            asked["organisation"],
            around.organisation_name,
            row.id,
            row.name,
            row.seats_bought,
            row.seats_in_use,
            gathered.standing(around.day),
        )
    if row.from_on is not None:
        accreditation = AccreditationFacts(asked["person"], row.id, row.name, row.from_on, row.until_on, row.note)
    return Entitlement(programme, licence, accreditation, row.seat_place or 0, None)


def _refusal(around: _Circumstances, answer: Entitlement, *, terms_accepted: bool) -> Refusal | None:
    licence, fact = answer.licence, answer.accreditation
    if licence is None:
        return _no_licence(around, answer.programme)
    if not licence.standing.gives_copies:
        return _not_in_standing(around, licence)
    if not answer.has_seat:
        return _no_seat(around, licence)
    if answer.seat_place > licence.seats_in_use - licence.standing.seats_paused:
        return _seat_paused(around)
    if fact is None or fact.from_on > around.day:
        return _not_accredited(answer.programme, fact)
    if fact.until_on < around.day:
        return _lapsed(answer.programme, fact)
    return None if terms_accepted else _terms()


def _no_licence(around: _Circumstances, programme: ProgrammeFacts) -> Refusal:
    return Refusal(
        Reason.NO_LICENCE,
        f"{around.organisation_name} has no licence for {programme.name}.",
        f"{around.organisation_name} has not subscribed to this programme.",
        f"{around.manager} can ask the programme team for a licence.",
        "Copies open when the first licence period begins.",
    )


def _not_in_standing(around: _Circumstances, licence: LicenceFacts) -> Refusal:
    state = licence.standing
    owner = _possessive(around.organisation_name)
    if state.cause is Cause.UNPAID:
        return _unpaid(around, owner, state)
    if state.cause is Cause.NO_ORDER_NUMBER:
        return Refusal(
            Reason.PENDING,
            f"{owner} licence waits for its purchase order.",
            state.reason,
            f"{around.manager} can send the purchase order number.",
            state.next_step,
        )
    if state.standing is Standing.SUSPENDED:
        since = f" since {in_words(state.since)}" if state.since else ""
        return Refusal(
            Reason.SUSPENDED,
            f"{owner} licence has been suspended{since}.",
            state.reason,
            f"{around.manager} can settle it with the programme team.",
            "Copies open again as soon as the licence is restored. Nothing has to be set up anew.",
        )
    if state.standing is Standing.ENDED:
        return Refusal(
            Reason.ENDED,
            f"{owner} licence has ended.",
            state.reason,
            f"{around.manager} can renew it with the programme team.",
            "Copies open on the first day of the new period. Seats, people and history are kept.",
        )
    return Refusal(
        Reason.PENDING,
        f"{owner} licence has not begun yet.",
        state.reason,
        f"{around.manager} can ask the programme team about the first day.",
        state.next_step,
    )


def _unpaid(around: _Circumstances, owner: str, state: LicenceStanding) -> Refusal:
    since = f" since {in_words(state.since)}" if state.since else ""
    return Refusal(
        Reason.SUSPENDED,
        f"{owner} licence has been suspended{since}, because an invoice is unpaid.",
        state.reason,
        f"{around.manager} can have it paid, or tell the programme team when it was.",
        state.next_step,
    )


def _seat_paused(around: _Circumstances) -> Refusal:
    return Refusal(
        Reason.SEAT_PAUSED,
        "Your seat is paused.",
        f"The invoice for the seats that {around.organisation_name} added last is unpaid. Yours is one of the newest.",
        f"{around.manager} can have it paid, or release a seat that nobody needs.",
        "Copies open again the moment its payment is recorded. Your seat is kept.",
    )


def _no_seat(around: _Circumstances, licence: LicenceFacts) -> Refusal:
    free = licence.seats_free
    count = f"{free} of its {licence.seats_bought} seats are free." if free else "All of its seats are in use."
    return Refusal(
        Reason.NO_SEAT,
        f"You hold no seat in {_possessive(around.organisation_name)} licence.",
        f"{_possessive(around.organisation_name)} licence is active, and a seat is needed for each trainer. {count}",
        f"{around.manager} can ask the programme team to give you one.",
        "Copies open as soon as the seat is yours.",
    )


def _not_accredited(programme: ProgrammeFacts, fact: AccreditationFacts | None) -> Refusal:
    begins = f" Yours begins on {in_words(fact.from_on)}." if fact else ""
    return Refusal(
        Reason.NOT_ACCREDITED,
        f"You are not accredited for {programme.name} yet.",
        f"Accreditation follows the training for trainers.{begins}",
        "The programme team records it. Write to them if you have finished the training.",
        "Copies open on the day it is recorded.",
    )


def _lapsed(programme: ProgrammeFacts, fact: AccreditationFacts) -> Refusal:
    return Refusal(
        Reason.LAPSED,
        f"Your accreditation for {programme.name} lapsed on {in_words(fact.until_on)}.",
        f"It was valid from {in_words(fact.from_on)} to {in_words(fact.until_on)}.",
        "The programme team can tell you about the refresher and record a new date.",
        "Copies open on the day your accreditation is renewed. Your seat is kept.",
    )


def _terms() -> Refusal:
    return Refusal(
        Reason.TERMS,
        "You have not accepted the current terms of use.",
        "Everyone who takes copies accepts the terms of use once, and again when they change.",
        "You can, now: it takes a minute.",
        "You come straight back to your copy.",
    )


def _manager_words(managers: list[Member], asking: int) -> str:
    """Who can mend it, as the first words of a sentence that goes on with “can”."""
    if any(manager.id == asking for manager in managers):
        return "You"
    names = [manager.name for manager in managers]
    if not names:
        return "Your organisation"
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
    return f"Your licence manager, {listed}," if len(names) == 1 else f"Your licence managers, {listed},"


def _possessive(name: str) -> str:
    return f"{name}’" if name.endswith("s") else f"{name}’s"
