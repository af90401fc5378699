"""Whose seats are released when a smaller year begins: named with its order, and named anew until its first day."""

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import SYSTEM
from kit.clock import Clock
from kit.refusals import Refused
from licences import seats, terms
from licences.ledger import Order, PlannedRelease
from licences.people.models import Person


def refuse_unnamed(session: Session, licence_id: int, wanted: int, people: Collection[int]) -> None:
    """Raises `Refused` when fewer seats than are in use do not name enough people, or somebody who has no seat."""
    holders = {person_id for _, person_id in seats.holders_in(session, [licence_id])}
    if not holders.issuperset(people):
        raise Refused("Somebody whom you named has no seat any more. Look again.", "releases")
    in_use = terms.seats_in_use(session, licence_id)
    if in_use - len(set(people)) > wanted:
        seats_are = "1 seat is" if in_use == 1 else f"{in_use} seats are"
        raise Refused(f"{seats_are} in use. Name at least {in_use - wanted} to be released, or keep more.", "releases")


def plan(session: Session, order_id: int, people: Collection[int]) -> None:
    """Notes whose seats an order releases, in place of those that were noted before."""
    session.execute(sa.delete(PlannedRelease).where(PlannedRelease.order_id == order_id))
    session.add_all(PlannedRelease(order_id=order_id, person_id=person_id) for person_id in sorted(set(people)))
    session.flush()


def carry_out(session: Session, clock: Clock, order: Order, bought: int) -> None:
    """Takes back the seats that were named with an order, of those who still hold one.

    While more are in use than are bought, those given since it was placed go, too, the last one first: else a named
    seat that is handed on would stay for nothing.
    """
    named = session.scalars(sa.select(PlannedRelease.person_id).where(PlannedRelease.order_id == order.id)).all()
    held = sorted(seats.seats_of(session, order.licence_id), key=lambda one: (one.given_at, one.person_id))
    going = [one for one in held if one.person_id in named]
    since = [one for one in reversed(held) if one not in going and one.given_at > order.placed_at]
    going += since[: max(0, len(held) - len(going) - bought)]
    for one in going:
        seats.release(session, clock, SYSTEM, order.licence_id, one.person_id)


def planned(session: Session, wanted: sa.ColumnElement[bool]) -> dict[int, list[tuple[int, str]]]:
    """Ids and names of those whose seats the wanted orders release, by the order."""
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = session.execute(
        sa.select(PlannedRelease.order_id, Person.id, Person.name)
        .join(Person, Person.id == PlannedRelease.person_id)
        .join(Order, Order.id == PlannedRelease.order_id)
        .where(wanted)
        .order_by(Person.name, Person.id)
    )
    for order_id, person_id, name in rows:
        found[order_id].append((person_id, name))
    return found
