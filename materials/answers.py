"""What a person may take, answered for staff exactly as the person would be answered, place by place."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from kit.clock import Clock
from licences.entitlements import Entitlement, entitlements
from licences.people.kinds import Role
from licences.people.memberships import Member, places_of
from licences.policy import Action, can
from materials.editions import EditionFacts, current_of, editions_of_many
from materials.library import MaterialFacts, materials


@dataclass(frozen=True)
class Answer:
    """One material: the edition that a copy would be of now (None when none is published), and the answer."""

    material: MaterialFacts
    current: EditionFacts | None
    entitlement: Entitlement

    @property
    def allowed(self) -> bool:
        return self.current is not None and self.entitlement.allowed


@dataclass(frozen=True)
class AnswersInPlace:
    """The answers that a person gets while signed in for one organisation; none for a role that takes no copies."""

    place: Member
    answers: tuple[Answer, ...]
    role_takes_copies: bool


def answers_for(session: Session, clock: Clock, person_id: int) -> list[AnswersInPlace]:
    """For each live place of a person, every material and why they may or may not take it. Raises `NotThere`."""
    items = materials(session)
    current = {key: current_of(known) for key, known in editions_of_many(session, [one.id for one in items]).items()}
    return [
        AnswersInPlace(place, _in_place(session, clock, place, items, current), can(place.role, Action.TAKE_COPY))
        for place in places_of(session, person_id)
        if place.ended_at is None and place.role is not Role.STAFF
    ]


def _in_place(
    session: Session, clock: Clock, place: Member, items: list[MaterialFacts], current: dict[int, EditionFacts | None]
) -> tuple[Answer, ...]:
    given = entitlements(
        session,
        clock,
        person_id=place.id,
        organisation_id=place.organisation_id,
        organisation_name=place.organisation_name,
    )
    return tuple(Answer(item, current.get(item.id), given[item.programme_id]) for item in items)
