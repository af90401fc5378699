"""Looking organisations up in the register: by words of their names, by number, by postcode; and what became of them.

Every word that is typed must begin a word of the entry. The rarest leads: its entries are fetched through the index of
words and the others asked of each, so that “st marys primary school” costs what “marys” does. Where even the rarest is
common, only so many entries are weighed, those whose names begin with what was typed among them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from kit.refusals import NotThere
from licences.register.kinds import (
    EntryKind,
    EntryStatus,
    FileKind,
    authority_reference,
    establishment_reference,
    group_reference,
)
from licences.register.models import RegisterEntry, RegisterMember, RegisterReading, RegisterSuccession, RegisterWord
from licences.register.wording import AUTHORITY_WORDS, Sought, plain_name, sought

MOST_FOUND = 20
MOST_WEIGHED = 500
_REFERENCE = re.compile(r"(urn|uid|la)[0-9]{1,8}", re.ASCII)
_AFTER_ALL = chr(0x10FFFF)  # behind every letter, byte by byte


@dataclass(frozen=True)
class EntryFacts:
    """An entry of the register. `numbers` are (name, number) as people know them; `became` what it became, if closed.

    `group` is the trust or federation that an establishment belongs to.
    """

    reference: str
    kind: EntryKind
    name: str
    type: str
    status: EntryStatus
    closed_on: date | None
    urn: str | None
    trust_uid: str | None
    ukprn: str | None
    la_code: str | None
    la_name: str
    address: str
    town: str
    postcode: str
    became: tuple["EntryFacts", ...] = ()
    group: str = ""

    @property
    def is_closed(self) -> bool:
        return self.status is EntryStatus.CLOSED

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        own_code = self.la_code if self.kind is EntryKind.LOCAL_AUTHORITY else None
        known = (("URN", self.urn), ("Trust UID", self.trust_uid), ("UKPRN", self.ukprn), ("LA code", own_code))
        return tuple((name, number) for name, number in known if number)


@dataclass(frozen=True)
class Found:
    """What a search found, the obvious first; `has_more` when there is more than is shown."""

    entries: tuple[EntryFacts, ...] = ()
    has_more: bool = False


@dataclass(frozen=True)
class Held:
    """The numbers that an organisation of ours has of the register."""

    urn: str | None = None
    ukprn: str | None = None
    trust_uid: str | None = None
    la_code: str | None = None


def look_up(session: Session, text: str) -> Found:
    """The entries that fit what somebody typed; four statements however many those are."""
    wanted = sought(text)
    if not wanted:
        return Found()
    counts = _counts(session, wanted)
    if 0 in counts:
        return Found()
    rarest = counts.index(min(counts))
    asked = plain_name(text)
    candidates = _candidates(wanted[rarest], asked if counts[rarest] > MOST_WEIGHED else "")
    entry = RegisterEntry
    query = (
        _entries()
        .where(entry.reference.in_(candidates))
        .where(_has_all([each for place, each in enumerate(wanted) if place != rarest]))
        .order_by(*_obvious_first(asked), entry.reference)
        .limit(MOST_FOUND + 1)
    )
    rows = session.execute(query).all()
    entries = _with_relations(session, [_facts(row) for row in rows[:MOST_FOUND]])
    return Found(tuple(entries), len(rows) > MOST_FOUND or counts[rarest] > MOST_WEIGHED)


def entry(session: Session, reference: str) -> EntryFacts:
    """One entry by its key. Raises `NotThere`."""
    if not _REFERENCE.fullmatch(reference):
        raise NotThere
    row = session.execute(_entries().where(RegisterEntry.reference == reference)).one_or_none()
    if row is None:
        raise NotThere
    return _with_relations(session, [_facts(row)])[0]


def entries_of(session: Session, held: Held) -> list[EntryFacts]:
    """What the register says of an organisation of ours, by the numbers that it has; closed ones first."""
    conditions: list[sa.ColumnElement[bool]] = []
    references = [
        *([establishment_reference(held.urn)] if held.urn else []),
        *([group_reference(held.trust_uid)] if held.trust_uid else []),
        *([authority_reference(held.la_code)] if held.la_code else []),
    ]
    if references:
        conditions.append(RegisterEntry.reference.in_(references))
    if held.trust_uid:
        conditions.append(RegisterEntry.group_id == held.trust_uid)
    if held.ukprn:
        conditions.append(RegisterEntry.ukprn == held.ukprn)
    if not conditions:
        return []
    found = [_facts(row) for row in session.execute(_entries().where(sa.or_(*conditions))).all()]
    return sorted(_with_relations(session, found), key=lambda one: (not one.is_closed, one.name))


def read_last(session: Session) -> datetime | None:
    """When a file with establishments or groups was last read; None while the register is empty."""
    of_entries = RegisterReading.kind.in_((FileKind.ESTABLISHMENTS, FileKind.GROUPS))
    return session.scalar(sa.select(sa.func.max(RegisterReading.read_at)).where(of_entries))


# The search


def _within(each: Sought) -> sa.ColumnElement[bool]:
    """A word that begins with what was typed; the word itself where only the whole one counts."""
    column = RegisterWord.word
    return column == each.word if each.whole else _begins(column, each.word)


def _begins(column: Any, beginning: str) -> sa.ColumnElement[bool]:
    """A range and not LIKE: it is answered from the index whatever the beginning holds."""
    return sa.and_(column >= beginning, column < beginning + _AFTER_ALL)


def _counts(session: Session, wanted: list[Sought]) -> list[int]:
    """How common each word is, in one statement; beyond `MOST_WEIGHED` nobody counts on."""
    capped = [
        sa.select(sa.func.count())
        .select_from(sa.select(sa.literal(1)).where(_within(each)).limit(MOST_WEIGHED + 1).subquery())
        .scalar_subquery()
        for each in wanted
    ]
    return list(session.execute(sa.select(*capped)).one())


def _candidates(rarest: Sought, begins_with: str) -> sa.Select[Any]:
    by_word = sa.select(RegisterWord.reference).where(_within(rarest)).limit(MOST_WEIGHED).subquery()
    if not begins_with:
        return sa.select(by_word.c.reference)
    named = sa.select(RegisterEntry.reference).where(_begins(RegisterEntry.plain_name, begins_with))
    by_name = named.order_by(RegisterEntry.plain_name).limit(MOST_WEIGHED).subquery()
    both = sa.union(sa.select(by_word.c.reference), sa.select(by_name.c.reference)).subquery()
    return sa.select(both.c.reference)


def _has_all(others: list[Sought]) -> sa.ColumnElement[bool]:
    """Asked in one look at an entry's words: a join for each word took PostgreSQL longer to plan than to do."""
    if not others:
        return sa.true()
    met = [sa.func.max(sa.case((_within(each), 1), else_=0)) for each in others]
    how_many = sa.select(sum(met[1:], met[0])).where(RegisterWord.reference == RegisterEntry.reference)
    return how_many.correlate(RegisterEntry).scalar_subquery() == len(others)


def _obvious_first(asked: str) -> list[sa.ColumnElement[Any]]:
    """The very name, names that begin with what was typed, then the others; in each the open first, and of those
    whom a licence is for: councils, trusts, schools. A shorter name is nearer to what was typed.
    """
    name = RegisterEntry.plain_name
    without = " ".join(word for word in asked.split() if word not in AUTHORITY_WORDS)
    nearness = sa.case(
        (name == asked, 0),
        (sa.and_(RegisterEntry.kind == EntryKind.LOCAL_AUTHORITY, name == without), 0),
        (_begins(name, f"{asked} "), 1),
        (_begins(name, asked), 2),
        else_=3,
    )
    openness = sa.case({status: place for place, status in enumerate(EntryStatus)}, value=RegisterEntry.status)
    kind = sa.case({kind: place for place, kind in enumerate(EntryKind)}, value=RegisterEntry.kind)
    return [nearness, openness, kind, sa.func.length(name), name.expression]


# Facts


def _entries() -> sa.Select[RegisterEntry, str]:
    """Entries with the names of their councils."""
    council = aliased(RegisterEntry)
    belongs = sa.and_(
        council.kind == EntryKind.LOCAL_AUTHORITY,
        council.reference == sa.literal(authority_reference("")).concat(RegisterEntry.la_code),
    )
    return sa.select(RegisterEntry, council.name).outerjoin(council, belongs)


def _facts(row: Any) -> EntryFacts:
    found, la_name = row
    number = found.reference.lstrip("abcdefghijklmnopqrstuvwxyz")
    is_group = found.kind is EntryKind.GROUP
    return EntryFacts(
        reference=found.reference,
        kind=found.kind,
        name=found.name,
        type=found.type,
        status=found.status,
        closed_on=found.closed_on or found.gone_since,
        urn=number if found.kind is EntryKind.ESTABLISHMENT else None,
        trust_uid=(found.group_id or number) if is_group else None,
        ukprn=found.ukprn,
        la_code=found.la_code,
        la_name=la_name or "",
        address=found.address,
        town=found.town,
        postcode=found.postcode,
    )


def _with_relations(session: Session, entries: list[EntryFacts]) -> list[EntryFacts]:
    """The entries with their groups, and with what the closed ones became: two statements for all of them."""
    became = _successors(session, [one.reference for one in entries if one.is_closed])
    groups = _groups(session, [one.reference for one in entries if one.kind is EntryKind.ESTABLISHMENT])
    return [replace(one, became=tuple(became[one.reference]), group=groups.get(one.reference, "")) for one in entries]


def _successors(session: Session, references: Iterable[str]) -> dict[str, list[EntryFacts]]:
    query = (
        sa.select(RegisterSuccession.before, RegisterEntry)
        .join(RegisterEntry, RegisterEntry.reference == RegisterSuccession.after)
        .where(RegisterSuccession.before.in_(references), RegisterSuccession.gone_since.is_(None))
        .order_by(RegisterEntry.name)
    )
    found: dict[str, list[EntryFacts]] = defaultdict(list)
    for before, after in session.execute(query):
        found[before].append(_facts((after, "")))
    return found


def _groups(session: Session, references: Iterable[str]) -> dict[str, str]:
    query = (
        sa.select(RegisterMember.establishment, RegisterEntry.name)
        .join(RegisterEntry, RegisterEntry.reference == RegisterMember.belongs_to)
        .where(
            RegisterMember.establishment.in_(references),
            RegisterMember.gone_since.is_(None),
            RegisterEntry.status == EntryStatus.OPEN,
        )
        .order_by(RegisterEntry.name)
    )
    return {establishment: name for establishment, name in session.execute(query)}
