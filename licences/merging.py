"""Two accounts of one person, or two organisations that became one: merged after a preview, undone if it was wrong.

Everything that the one who goes had belongs to the one who is kept: places, seats, accreditations, copies. What both
had stays once. Names on copies, in mails and in the audit trail stay as they were. Every row that moves is remembered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from kit import holdings
from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import lock_row
from kit.holdings import Holding
from kit.refusals import NotThere, Refused
from licences.ledger import Invoice, Order, PlannedRelease
from licences.models import Accreditation, Licence, Programme, Seat
from licences.people import tokens
from licences.people.kinds import OrganisationKind, Role, TokenPurpose
from licences.people.models import Acceptance, Invitation, Membership, Merge, Organisation, Person, SignIn

Owner = type[Person] | type[Organisation]
NOTHING: dict[str, list[int]] = {"moved": [], "closed": []}
KINDS: dict[str, Owner] = {"person": Person, "organisation": Organisation}


def _free_seat(session: Session, seat_id: int) -> bool:
    """Whether a seat that was released may be held again: counted under the lock of its licence."""
    seat = session.get_one(Seat, seat_id)
    licence = lock_row(session, Licence, seat.licence_id)
    in_use = sa.select(sa.func.count()).where(Seat.licence_id == seat.licence_id, Seat.released_at.is_(None))
    return licence is not None and (session.scalar(in_use) or 0) < licence.seats_bought


def _is_live_seat(seat: Any) -> sa.ColumnElement[bool]:
    return seat.released_at.is_(None)  # type: ignore[no-any-return]


def _is_live_place(place: Any) -> sa.ColumnElement[bool]:
    return place.ended_at.is_(None)  # type: ignore[no-any-return]


def _is_open(invitation: Any) -> sa.ColumnElement[bool]:
    return sa.and_(invitation.accepted_at.is_(None), invitation.withdrawn_at.is_(None))


# Where two licences become one; the other stays behind, empty.
OF_LICENCE = {
    "seats": Holding("seats", Seat.licence_id, (Seat.person_id,), _is_live_seat, "released_at", _free_seat),
    "invitations": Holding("invitations", Invitation.licence_id),
}
PLACES = Holding("places", Membership.person_id, (Membership.organisation_id,), _is_live_place, closes="ended_at")
OWN_HOLDINGS: Mapping[str, Sequence[Holding]] = {
    "person": (
        PLACES,
        Holding("seats", Seat.person_id, (Seat.licence_id,), _is_live_seat, "released_at", _free_seat),
        Holding("accreditations", Accreditation.person_id, (Accreditation.programme_id,)),
        Holding("seats to be released", PlannedRelease.person_id, (PlannedRelease.order_id,)),
        Holding("accepted terms", Acceptance.person_id, (Acceptance.legal_text_id,)),
    ),
    "organisation": (
        Holding("people", Membership.organisation_id, (Membership.person_id,), _is_live_place, closes="ended_at"),
        Holding("licences", Licence.organisation_id, (Licence.programme_id,)),
        Holding("invitations", Invitation.organisation_id, (Invitation.email,), _is_open, closes="withdrawn_at"),
    ),
}


@dataclass(frozen=True)
class Share:
    """One line of a preview: how many rows the one who goes has, and how many of them the other has the like of."""

    words: str
    count: int
    alike: int


@dataclass(frozen=True)
class Preview:
    """What a merge would do, and nothing done."""

    kept: str
    gone: str
    shares: tuple[Share, ...]
    seats_added: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class MergeFacts:
    """A merge that was done."""

    id: int
    kind: str
    kept_id: int
    gone_id: int
    kept: str
    gone: str
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None


def preview(session: Session, kind: str, kept_id: int, gone_id: int, more: Sequence[Holding]) -> Preview:
    """What merging would do. Raises `NotThere`, and `Refused` for two that cannot be one."""
    kept, gone = _two(session, kind, kept_id, gone_id)
    if kind == "person":
        _refuse_lost_role(session, kept, gone)
    shares = tuple(
        Share(one.words, holdings.count(session, one, gone_id), len(holdings.rivals(session, one, gone_id, kept_id)))
        for one in (*OWN_HOLDINGS[kind], *more)
    )
    added = [] if kind == "person" else _doubled(session, kept_id, gone_id)
    _refuse_open_money(session, added)
    return Preview(
        kept.name,
        gone.name,
        tuple(share for share in shares if share.count),
        tuple((programme, going.seats_bought) for _, going, programme in added),
    )


def merge(
    session: Session, clock: Clock, actor: Actor, kind: str, kept_id: int, gone_id: int, more: Sequence[Holding]
) -> int:
    """Merges two people or two organisations and returns the merge's id.

    Raises `NotThere`, and `Refused` for two that cannot be one.
    """
    _lock_both(session, kind, kept_id, gone_id)
    kept, gone = _two(session, kind, kept_id, gone_id)
    now = clock.now()
    moved: dict[str, Any] = {}
    if kind == "person":
        _refuse_lost_role(session, kept, gone)
        _empty(session, now, session.scalars(sa.select(Membership.id).where(Membership.person_id == gone_id)).all())
        moved["accreditations before"] = _keep_the_longer(session, kept_id, gone_id)
        tokens.end(session, clock, gone_id, *(set(TokenPurpose) - {TokenPurpose.OBJECT_TO_EMAIL}))
    else:
        moved["licences joined"] = _join_licences(session, kept_id, gone_id, now)
    for one in (*OWN_HOLDINGS[kind], *more):
        moved[one.key] = holdings.move(session, one, gone_id, kept_id, now).as_json()
    gone.merged_into_id = kept_id
    row = Merge(kind=kind, kept_id=kept_id, gone_id=gone_id, moved=moved, merged_at=now, merged_by=actor.name)
    session.add(row)
    session.flush()
    for subject in (kept, gone):
        detail = {"merge": row.id, "kept": kept.name, "gone": gone.name}
        record(session, clock, actor, f"{kind} merged", _subject(kind, subject), **detail)
    return row.id


def undo(session: Session, clock: Clock, actor: Actor, merge_id: int, more: Mapping[str, Sequence[Holding]]) -> int:
    """Takes a merge back, as far as its rows are where it put them; returns how many seats could not be kept.

    Raises `NotThere`, and `Refused` when it is undone already, or when the one who was kept has itself been merged.
    """
    row = lock_row(session, Merge, merge_id)
    if row is None:
        raise NotThere
    if row.undone_at is not None:
        raise Refused("This merge has been undone already.")
    _lock_both(session, row.kind, row.kept_id, row.gone_id)
    kept: Any = session.get_one(KINDS[row.kind], row.kept_id)
    gone: Any = session.get_one(KINDS[row.kind], row.gone_id)
    if kept.merged_into_id is not None:
        raise Refused(f"{kept.name} was merged with somebody else since. Undo that merge first.")
    if row.kind == "person":
        _empty(session, clock.now(), row.moved.get(PLACES.key, NOTHING)["moved"])
    lost = 0
    for one in reversed((*OWN_HOLDINGS[row.kind], *more[row.kind])):
        lost += len(holdings.move_back(session, one, row.moved.get(one.key, NOTHING), gone.id, kept.id))
    lost += _part_licences(session, row.moved.get("licences joined", []))
    _put_back(session, row)
    lost += _release_without_place(session, clock.now(), row)
    gone.merged_into_id, row.undone_at = None, clock.now()
    session.flush()
    for subject in (kept, gone):
        record(
            session, clock, actor, "merge undone", _subject(row.kind, subject), merge=row.id, seats_lost=lost or None
        )
    return lost


def merges(session: Session, kind: str | None = None, owner_id: int | None = None) -> list[MergeFacts]:
    """The newest 100 merges, of one person or organisation if one is named."""
    wanted = sa.select(Merge).order_by(Merge.id.desc()).limit(100)
    if kind is not None:
        wanted = wanted.where(Merge.kind == kind)
    if owner_id is not None:
        wanted = wanted.where(sa.or_(Merge.kept_id == owner_id, Merge.gone_id == owner_id))
    rows = session.scalars(wanted).all()
    names = {name: _names(session, name, rows) for name in KINDS}
    return [
        MergeFacts(
            row.id, row.kind, row.kept_id, row.gone_id, names[row.kind][row.kept_id], names[row.kind][row.gone_id],
            row.merged_at, row.merged_by, row.undone_at,
        )
        for row in rows
    ]  # fmt: skip


def _names(session: Session, kind: str, rows: Sequence[Merge]) -> dict[int, str]:
    entity: Any = KINDS[kind]
    ids = sorted({each for row in rows if row.kind == kind for each in (row.kept_id, row.gone_id)})
    found = session.execute(sa.select(entity.id, entity.name).where(entity.id.in_(ids)))
    return {row_id: name for row_id, name in found}


def _two(session: Session, kind: str, kept_id: int, gone_id: int) -> tuple[Any, Any]:
    kept: Any = session.get(KINDS[kind], kept_id)
    gone: Any = session.get(KINDS[kind], gone_id)
    if kept is None or gone is None:
        raise NotThere
    if kept_id == gone_id:
        raise Refused("These are one already. Choose another.", "other")
    for one in (kept, gone):
        if one.merged_into_id is not None:
            raise Refused(f"{one.name} was merged already.", "other")
    if isinstance(gone, Organisation) and OrganisationKind.LICENSOR in (kept.kind, gone.kind):
        raise Refused("The programme team’s own organisation cannot be merged.", "other")
    if isinstance(gone, Person) and kept.is_demo != gone.is_demo:
        raise Refused("An account of the demo cannot be merged with a real one.", "other")
    return kept, gone


def _lock_both(session: Session, kind: str, kept_id: int, gone_id: int) -> None:
    """Holds the two in the order of their ids, and people after their organisations: so does whoever gives a place."""
    if kind == "person":
        _lock_places(session, kept_id, gone_id)
    for owner_id in sorted((kept_id, gone_id)):
        lock_row(session, KINDS[kind], owner_id)
    if kind == "person":
        _lock_places(session, kept_id, gone_id)  # one that they joined while we waited


def _lock_places(session: Session, *person_ids: int) -> None:
    """Holds the organisations of some people, so that nobody gives them a seat or a role meanwhile."""
    theirs = sa.select(Membership.organisation_id).where(Membership.person_id.in_(person_ids)).distinct()
    for organisation_id in session.scalars(theirs.order_by(Membership.organisation_id)).all():
        lock_row(session, Organisation, organisation_id)


def _empty(session: Session, now: datetime, places: Sequence[int]) -> None:
    """Ends the sessions at some places, and acting there: they would be those of whoever has the place next."""
    there = sa.update(SignIn).where(SignIn.membership_id.in_(places), SignIn.ended_at.is_(None))
    session.execute(there.values(ended_at=now))
    session.execute(sa.update(SignIn).where(SignIn.acting_for_id.in_(places)).values(acting_for_id=None))


def _refuse_lost_role(session: Session, kept: Person, gone: Person) -> None:
    """Where both work, the kept one's role stays: it must not leave the place without a manager, or a seat idle."""
    mine, theirs, others = Membership, aliased(Membership), aliased(Membership)
    manages = sa.exists().where(
        others.organisation_id == mine.organisation_id, others.role == Role.MANAGER, others.ended_at.is_(None),
        others.id != theirs.id,
    )  # fmt: skip
    holds = sa.exists().where(
        Seat.person_id == gone.id, Seat.released_at.is_(None), Seat.licence_id == Licence.id,
        Licence.organisation_id == mine.organisation_id,
    )  # fmt: skip
    both = (
        sa.select(Organisation.name, theirs.role == Role.MANAGER, manages, mine.role == Role.FINANCE, holds)
        .select_from(mine)
        .join(theirs, theirs.organisation_id == mine.organisation_id)
        .join(Organisation, Organisation.id == mine.organisation_id)
        .where(mine.person_id == kept.id, mine.ended_at.is_(None), theirs.person_id == gone.id)
        .where(theirs.ended_at.is_(None))
    )
    for place, gone_manages, somebody_manages, is_finance, has_seat in session.execute(both):
        if gone_manages and not somebody_manages:
            raise Refused(f"{gone.name} is the last licence manager of {place}: give both accounts that role.", "other")
        if is_finance and has_seat:
            raise Refused(f"{kept.name} is a finance contact of {place} and cannot use the other’s seat.", "other")


def _release_without_place(session: Session, now: datetime, row: Merge) -> int:
    """Releases seats given since to people who do not belong to the licence's organisation now; returns how many."""
    owner = Seat.person_id if row.kind == "person" else Licence.organisation_id
    place = sa.exists().where(
        Membership.person_id == Seat.person_id, Membership.organisation_id == Licence.organisation_id,
        Membership.ended_at.is_(None),
    )  # fmt: skip
    idle = sa.select(Seat.id).join(Licence, Licence.id == Seat.licence_id)
    ids = session.scalars(idle.where(Seat.released_at.is_(None), owner.in_((row.kept_id, row.gone_id)), ~place)).all()
    session.execute(sa.update(Seat).where(Seat.id.in_(ids)).values(released_at=now))
    return len(ids)


def _keep_the_longer(session: Session, kept_id: int, gone_id: int) -> list[list[Any]]:
    """Of two accreditations for one programme the later end counts; returns what the kept one's were before."""
    before: list[list[Any]] = []
    mine = {row.programme_id: row for row in session.scalars(_accreditations(kept_id))}
    for row in session.scalars(_accreditations(gone_id)):
        own = mine.get(row.programme_id)
        if own is not None and own.until_on < row.until_on:
            before.append([own.id, own.from_on.isoformat(), own.until_on.isoformat(), own.note])
            own.from_on, own.until_on, own.note = row.from_on, row.until_on, row.note
    session.flush()
    return before


def _put_back(session: Session, merge: Merge) -> None:
    """The kept one's accreditations as they were before, but for those that were renewed since."""
    for row_id, from_on, until_on, note in merge.moved.get("accreditations before", []):
        row = session.get_one(Accreditation, row_id)
        if row.recorded_at > merge.merged_at:
            continue
        row.from_on, row.until_on = date.fromisoformat(from_on), date.fromisoformat(until_on)
        row.note = note


def _accreditations(person_id: int) -> sa.Select[Accreditation]:
    return sa.select(Accreditation).where(Accreditation.person_id == person_id)


def _doubled(session: Session, kept_id: int, gone_id: int) -> list[tuple[Licence, Licence, str]]:
    """Pairs of licences for the same programme, kept one first."""
    mine = {row.programme_id: row for row in session.scalars(_licences(kept_id))}
    theirs = session.scalars(_licences(gone_id)).all()
    names = {row_id: name for row_id, name in session.execute(sa.select(Programme.id, Programme.name))}
    return [(mine[row.programme_id], row, names[row.programme_id]) for row in theirs if row.programme_id in mine]


def _refuse_open_money(session: Session, doubled: Sequence[tuple[Licence, Licence, str]]) -> None:
    """Orders and invoices stay with the licence that stays behind: nobody would look there for what is still open."""
    for _, theirs, programme in doubled:
        owed = sa.select(Invoice.number).where(Invoice.licence_id == theirs.id, Invoice.owed_pence > 0)
        number = session.scalar(owed.order_by(Invoice.due_on, Invoice.id).limit(1))
        if number is not None:
            raise Refused(f"Invoice {number} for {programme} is not paid. Record what was paid, or void it.", "other")
        waiting = sa.select(Order.id).where(
            Order.licence_id == theirs.id, Order.begun_at.is_(None), Order.withdrawn_at.is_(None)
        )
        if session.scalar(waiting.limit(1)) is not None:
            words = f"An order for {programme} has not begun. Withdraw it, merge, and record it for the one that stays."
            raise Refused(words, "other")


def _licences(organisation_id: int) -> sa.Select[Licence]:
    return sa.select(Licence).where(Licence.organisation_id == organisation_id).order_by(Licence.id)


def _join_licences(session: Session, kept_id: int, gone_id: int, now: datetime) -> list[dict[str, Any]]:
    """Where both have a licence for a programme, the kept one gets the other's seats: bought, held and promised."""
    told = []
    doubled = _doubled(session, kept_id, gone_id)
    _refuse_open_money(session, doubled)
    for mine, theirs, _ in doubled:
        for licence_id in sorted((mine.id, theirs.id)):
            lock_row(session, Licence, licence_id)
        mine.seats_bought += theirs.seats_bought
        session.flush()
        moved = {
            name: holdings.move(session, one, theirs.id, mine.id, now).as_json() for name, one in OF_LICENCE.items()
        }
        told.append({"kept": mine.id, "gone": theirs.id, "added": theirs.seats_bought, **moved})
    return told


def _part_licences(session: Session, told: Sequence[dict[str, Any]]) -> int:
    lost = 0
    for one in told:
        mine = lock_row(session, Licence, one["kept"])
        assert mine is not None
        for name, holding in OF_LICENCE.items():
            lost += len(holdings.move_back(session, holding, one.get(name, NOTHING), one["gone"], one["kept"]))
        in_use = sa.select(sa.func.count()).where(Seat.licence_id == mine.id, Seat.released_at.is_(None))
        left = mine.seats_bought - one["added"]
        if (session.scalar(in_use) or 0) > left:
            raise Refused(f"More than {left} seats are in use since. Release some first, then undo the merge.")
        mine.seats_bought = left
    return lost


def _subject(kind: str, row: Any) -> Subject:
    return Subject(kind, row.id, row.name, row.id if kind == "organisation" else None)
