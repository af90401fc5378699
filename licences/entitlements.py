"""The one question: may this person take copies of this programme's materials now?

The answer always carries a reason that a person can act on. It is asked anew at every request, so that a right
that was taken away is gone at the next one.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import Clock, today
from licences.accreditations import AccreditationFacts, accreditations_of
from licences.models import Licence
from licences.people import legal
from licences.people.models import LegalKind, Role
from licences.people.organisations import PersonFacts, people_with_roles
from licences.programmes import ProgrammeFacts, programmes
from licences.seats import holders_in
from licences.standing import Standing
from licences.terms import LicenceFacts, licences_of


class Reason(StrEnum):
    """Why there is no copy just now."""

    NO_LICENCE = "no licence"
    PENDING = "licence pending"
    SUSPENDED = "licence suspended"
    ENDED = "licence ended"
    NO_SEAT = "no seat"
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
    """The answer for one programme; `refusal` is None when the person may take copies."""

    programme: ProgrammeFacts
    licence: LicenceFacts | None
    accreditation: AccreditationFacts | None
    has_seat: bool
    refusal: Refusal | None

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
    terms_accepted: bool


def entitlement(
    session: Session, clock: Clock, *, person_id: int, organisation_id: int, organisation_name: str, programme_id: int
) -> Entitlement | None:
    """The answer for one programme; None when there is no such programme."""
    answers = entitlements(
        session, clock, person_id=person_id, organisation_id=organisation_id, organisation_name=organisation_name
    )
    return answers.get(programme_id)


def entitlements(
    session: Session, clock: Clock, *, person_id: int, organisation_id: int, organisation_name: str
) -> dict[int, Entitlement]:
    """The answers for every programme, by its id, with a constant number of statements."""
    licences = {licence.programme_id: licence for licence in licences_of(session, clock, organisation_id)}
    holders = holders_in(session, [licence.id for licence in licences.values()])
    accredited = {fact.programme_id: fact for fact in accreditations_of(session, [person_id])}
    managers = people_with_roles(session, organisation_id, Role.MANAGER)
    terms = legal.current(session, LegalKind.TERMS_OF_USE)
    around = _Circumstances(
        organisation_name,
        _manager_words(managers),
        today(clock),
        terms is None or legal.has_accepted(session, person_id, terms.id),
    )
    answers = {}
    for programme in programmes(session):
        licence = licences.get(programme.id)
        has_seat = licence is not None and (licence.id, person_id) in holders
        fact = accredited.get(programme.id)
        refusal = _refusal(around, programme, licence, has_seat, fact)
        answers[programme.id] = Entitlement(programme, licence, fact, has_seat, refusal)
    return answers


def organisations_licensed_for(session: Session, programme_id: int) -> set[int]:
    """The organisations that hold a licence for a programme, whatever its standing."""
    return set(session.scalars(sa.select(Licence.organisation_id).where(Licence.programme_id == programme_id)))


def _refusal(
    around: _Circumstances,
    programme: ProgrammeFacts,
    licence: LicenceFacts | None,
    has_seat: bool,
    fact: AccreditationFacts | None,
) -> Refusal | None:
    if licence is None:
        return _no_licence(around, programme)
    if not licence.standing.is_active:
        return _not_in_standing(around, licence)
    if not has_seat:
        return _no_seat(around, licence)
    if fact is None or fact.from_on > around.day:
        return _not_accredited(programme, fact)
    if fact.until_on < around.day:
        return _lapsed(programme, fact)
    return None if around.terms_accepted else _terms()


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
    if state.standing is Standing.SUSPENDED:
        since = f" since {_words(state.since)}" if state.since else ""
        return Refusal(
            Reason.SUSPENDED,
            f"{owner} licence has been suspended{since}.",
            state.reason,
            f"{around.manager}, together with the programme team.",
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
    begins = f" Yours begins on {_words(fact.from_on)}." if fact else ""
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
        f"Your accreditation for {programme.name} lapsed on {_words(fact.until_on)}.",
        f"It was valid from {_words(fact.from_on)} to {_words(fact.until_on)}.",
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


def _manager_words(managers: list[PersonFacts]) -> str:
    names = [manager.name for manager in managers]
    if not names:
        return "Your organisation"
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
    return f"Your licence manager, {listed}" if len(names) == 1 else f"Your licence managers, {listed}"


def _possessive(name: str) -> str:
    return f"{name}’" if name.endswith("s") else f"{name}’s"


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
