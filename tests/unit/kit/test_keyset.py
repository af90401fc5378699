"""Lists read by key: nothing twice, nothing missed, whatever is added or typed."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import keyset
from kit.audit import AuditEntry
from kit.keyset import Span, every, key_of, within
from kit.search import holds_words

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def add(session: Session, at: datetime, label: str = "x") -> AuditEntry:
    row = AuditEntry(
        at=at, actor_person_id=None, actor_name="A", action="done", subject_kind="thing", subject_id=None,
        subject_label=label, organisation_id=None, detail={},
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def read(session: Session, span: Span) -> list[AuditEntry]:
    return list(session.scalars(within(sa.select(AuditEntry), AuditEntry.at, AuditEntry.id, span)))


def key(row: AuditEntry) -> str:
    return key_of(row.at, row.id)


def test_pages_meet_without_gap_or_repeat_even_at_one_moment(session: Session) -> None:
    for step in (0, 0, 0, 1, 1, 2, 2, 2, 2):
        add(session, NOON + timedelta(microseconds=step))
    seen: list[AuditEntry] = []
    span = Span(4)
    while (rows := read(session, span)) and len(seen) < 20:
        seen += rows
        span = Span(4, older_than=key(rows[-1]))
    assert seen == sorted(seen, key=lambda row: (row.at, row.id), reverse=True)
    assert len(seen) == len(set(seen)) == 9


def test_back_again_gives_the_nearest_newer_rows(session: Session) -> None:
    rows = [add(session, NOON + timedelta(hours=hour)) for hour in range(6)]
    assert read(session, Span(2, newer_than=key(rows[1]))) == [rows[2], rows[3]]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8])
def test_a_download_goes_through_all_stretches(session: Session, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "FIRST_STRETCH", 1)
    monkeypatch.setattr(keyset, "STRETCH", 3)
    rows = [add(session, NOON) for _ in range(count)]
    assert list(every(lambda span: read(session, span), key)) == rows[::-1]


@pytest.mark.parametrize(
    "typed", ["x", "1", ".", "-5.-5", "9" * 80, "1." + "9" * 60, "1.-" + "9" * 60, "99999999999999999999.1"]
)
def test_a_strange_key_means_the_beginning_or_an_empty_page(session: Session, typed: str) -> None:
    add(session, NOON)
    assert len(read(session, Span(5, older_than=typed))) <= 1
    assert len(read(session, Span(5, newer_than=typed))) <= 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("osei", True),
        ("AMARA os", True),
        ("amara ben", False),
        ("%", False),
        ("_", False),
        ("Łukasz", False),
    ],
)
def test_words_are_found_in_any_order_and_signs_are_only_signs(session: Session, words: str, found: bool) -> None:
    add(session, NOON, "Amara Osei")
    wanted = sa.select(AuditEntry).where(holds_words(words, AuditEntry.subject_label))
    assert (session.scalar(wanted) is not None) is found


def test_letters_beyond_the_english_ones_are_found_as_typed(session: Session) -> None:
    add(session, NOON, "Łukasz Nowak")
    assert session.scalar(sa.select(AuditEntry).where(holds_words("Łukasz", AuditEntry.subject_label))) is not None
