"""What belongs to whom, table by table: so that everything of one owner can be given to another, and taken back.

Each package supplies its own holdings; the verb that merges two owners knows nothing of their tables.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

BATCH = 500


@dataclass(frozen=True)
class Holding:
    """Rows of one table that belong to an owner.

    `words` names them in the plural. Two rows that agree in `same` cannot both be one owner's while `live` holds
    (always, without it): the row of the one who goes is then closed by writing the moment into `closes`, or stays
    behind without that column. `may_reopen` is asked for each closed row before it is opened again.
    """

    words: str
    owner: InstrumentedAttribute[Any]
    same: tuple[InstrumentedAttribute[Any], ...] = ()
    live: Callable[[Any], sa.ColumnElement[bool]] | None = None
    closes: str | None = None
    may_reopen: Callable[[Session, int], bool] | None = None

    @property
    def entity(self) -> Any:
        return self.owner.class_

    @property
    def key(self) -> str:
        """Under which what was moved is remembered: table and column."""
        return f"{self.entity.__tablename__}.{self.owner.key}"


@dataclass(frozen=True)
class Moved:
    """Ids of the rows that changed hands, and of those closed because the other had the like."""

    moved: list[int]
    closed: list[int]

    def as_json(self) -> dict[str, list[int]]:
        return {"moved": self.moved, "closed": self.closed}


def rivals(session: Session, holding: Holding, gone: int, kept: int) -> list[int]:
    """Ids of the rows of `gone` that `kept` has the like of."""
    if not holding.same:
        return []
    entity, other = holding.entity, aliased(holding.entity)
    like = [getattr(other, column.key) == getattr(entity, column.key) for column in holding.same]
    theirs = sa.exists().where(getattr(other, holding.owner.key) == kept, *like, *_live(holding, other))
    wanted = sa.select(entity.id).where(holding.owner == gone, *_live(holding, entity), theirs)
    return list(session.scalars(wanted.order_by(entity.id)))


def count(session: Session, holding: Holding, owner: int) -> int:
    """How many rows an owner has."""
    return session.scalar(sa.select(sa.func.count()).select_from(holding.entity).where(holding.owner == owner)) or 0


def move(session: Session, holding: Holding, gone: int, kept: int, now: datetime) -> Moved:
    """Gives every row of `gone` to `kept`, but for those that `kept` has the like of and that cannot be closed."""
    entity, like = holding.entity, rivals(session, holding, gone, kept)
    if holding.closes:
        for ids in _in_pieces(like):
            session.execute(sa.update(entity).where(entity.id.in_(ids)).values({holding.closes: now}))
    stay = [] if holding.closes else like
    rows = sa.update(entity).where(holding.owner == gone, entity.id.not_in(stay)).values({holding.owner.key: kept})
    moved = session.scalars(rows.returning(entity.id), execution_options={"synchronize_session": False}).all()
    session.expire_all()
    return Moved(sorted(moved), like if holding.closes else [])


def move_back(session: Session, holding: Holding, told: dict[str, Any], gone: int, kept: int) -> list[int]:
    """Takes back what `move` gave, as far as `kept` still has it; returns the ids that could not be opened again."""
    entity = holding.entity
    for ids in _in_pieces(told["moved"]):
        mine = sa.update(entity).where(entity.id.in_(ids), holding.owner == kept)
        session.execute(mine.values({holding.owner.key: gone}), execution_options={"synchronize_session": False})
    session.expire_all()
    return [] if holding.closes is None else list(_still_closed(session, holding, holding.closes, told["closed"]))


def _still_closed(session: Session, holding: Holding, closes: str, ids: Sequence[int]) -> Iterator[int]:
    for row in ids:
        if _has_its_like(session, holding, row) or (holding.may_reopen and not holding.may_reopen(session, row)):
            yield row
            continue
        session.execute(sa.update(holding.entity).where(holding.entity.id == row).values({closes: None}))


def _has_its_like(session: Session, holding: Holding, row: int) -> bool:
    """Whether its owner has got the like of a closed row since: the two cannot both be live."""
    entity, other = holding.entity, aliased(holding.entity)
    like = [getattr(other, column.key) == getattr(entity, column.key) for column in (holding.owner, *holding.same)]
    wanted = sa.select(other.id).join(entity, sa.and_(*like)).where(entity.id == row, *_live(holding, other))
    return session.scalar(wanted.limit(1)) is not None


def _in_pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Databases take a limited number of values in one statement."""
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _live(holding: Holding, entity: Any) -> list[sa.ColumnElement[bool]]:
    return [] if holding.live is None else [holding.live(entity)]
