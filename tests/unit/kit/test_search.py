"""Words are found the same by every way that leads to them, and on SQLite the trigrams follow their table."""

import random
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import AuditEntry
from kit.clock import SteppingClock
from kit.folding import fold
from kit.search import Searched
from licences import directory
from licences.directory import OrganisationsWanted, Turn
from licences.people.models import Organisation
from tests.unit.licences.test_directory import an_organisation, named

NAMES = (
    "Łukasz Nowak", "Lukasz O'Brien", "Siân Wójcik-O’Brien", "王 小明", "محمد علي", "100% Trust", 'The "Old" School',
    "Saint_Anne Trust", "Æthelred Straße", "AND OR NOT", "a b c", "words: -x*", "Osei", "Rose Ito", "\\ back/slash",
)  # fmt: skip
WORDS = (
    "lukasz", "ŁUKASZ now", "o'brien", "O’BRIEN", "wojcik-o", "王", "小明", "محمد", "100%", "%", "_", '"old"', '"',
    "strasse", "æthel", "and", "not or", "b", "words:", "-x*", "osei", "rose osei", "back/sl", "\\", "nobody here", "",
    "ose ito", "\0rose",
)  # fmt: skip


def add(session: Session, actor: str, label: str) -> None:
    row = AuditEntry(
        at=datetime.now(UTC), actor_person_id=None, actor_name=actor, action="done", subject_kind="thing",
        subject_id=None, subject_label=label, organisation_id=None, detail={},
    )  # fmt: skip
    session.add(row)


@pytest.mark.parametrize("few", [0, 3, 1_000])
def test_every_way_finds_the_same(session: Session, few: int) -> None:
    luck = random.Random(few)
    pairs = [(luck.choice(NAMES), luck.choice(NAMES)) for _ in range(60)]
    for pair in pairs:
        add(session, *pair)
    session.flush()
    searched = Searched(AuditEntry.id, (AuditEntry.actor_name, AuditEntry.subject_label), few=few)
    for words in WORDS:
        wanted = sa.select(AuditEntry.actor_name, AuditEntry.subject_label).where(searched.holding(words))
        found = [tuple(row) for row in session.execute(searched.narrowed(session, wanted, words))]
        parts = [fold(word) for word in words.replace("\0", " ").split()]
        fit = [pair for pair in pairs if all(any(part in fold(name) for name in pair) for part in parts)]
        assert sorted(found) == sorted(fit), words


def test_another_condition_may_stand_in_for_the_words(session: Session) -> None:
    for name in ("Osei", "Rose Ito", "Nowak"):
        add(session, name, "x")
    session.flush()
    searched = Searched(AuditEntry.id, (AuditEntry.actor_name,))
    nowak = AuditEntry.actor_name == "Nowak"
    wanted = sa.select(AuditEntry.actor_name).where(sa.or_(searched.holding("osei"), nowak))
    assert sorted(session.scalars(searched.narrowed(session, wanted, "osei", nowak))) == ["Nowak", "Osei"]


def test_who_is_renamed_or_gone_is_found_as_such(session: Session, clock: SteppingClock) -> None:
    first, second = (an_organisation(session, clock, name) for name in ("Northfield Trust", "Northgate Trust"))

    def found(words: str) -> list[str]:
        session.expire_all()
        return named(directory.organisations(session, clock, OrganisationsWanted(words=words), Turn(9)))

    assert found("north") == ["Northfield Trust", "Northgate Trust"]
    session.execute(sa.update(Organisation).where(Organisation.id == first).values(name="Southfield Trust"))
    session.execute(sa.delete(Organisation).where(Organisation.id == second))
    assert (found("north"), found("southf")) == ([], ["Southfield Trust"])


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_trigrams_hold_what_is_there_and_no_more(session: Session, clock: SteppingClock) -> None:
    ids = [an_organisation(session, clock, name) for name in ("Łódź Trust", "Ash Trust", "Elm Trust")]
    session.execute(sa.update(Organisation).where(Organisation.id == ids[1]).values(name="Oak Trust"))
    session.execute(sa.delete(Organisation).where(Organisation.id == ids[2]))
    rows = session.execute(sa.text("SELECT rowid, words FROM words_of_licences_organisation ORDER BY rowid")).all()
    assert [tuple(row) for row in rows] == [(ids[0], "lodz trust"), (ids[1], "oak trust")]
