"""Looking things up in the audit trail, and how its chain stands."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import audit
from kit.audit import Actor, AuditEntry, AuditQuery, AuditSeal, Subject
from kit.clock import SteppingClock
from kit.keyset import Span

RUTH = Actor(None, "Ruth Vaughan")


@pytest.fixture
def trail(session: Session, clock: SteppingClock) -> list[AuditEntry]:
    """Five entries, an hour apart."""
    for action, kind, label, place in (
        ("organisation created", "organisation", "Lakeshire Council", 1),
        ("seat given", "person", "Amara Osei", 1),
        ("licence suspended", "licence", "Hillside Trust: ABM", 2),
        ("signed in", "person", "Ruth Vaughan", None),
        ("edition published", "edition", "Trainer manual 3.2", None),
    ):
        audit.record(session, clock, RUTH, action, Subject(kind, None, label, place))
        clock.move(hours=1)
    session.flush()
    return list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))


def labels(session: Session, query: AuditQuery) -> list[str]:
    return [entry.subject_label for entry in audit.entries(session, query, Span(10))]


def test_each_filter_finds_what_it_says(session: Session, trail: list[AuditEntry]) -> None:
    assert labels(session, AuditQuery())[0] == "Trainer manual 3.2"
    assert labels(session, AuditQuery(action="seat given")) == ["Amara Osei"]
    assert labels(session, AuditQuery(subject_kind="person")) == ["Ruth Vaughan", "Amara Osei"]
    assert labels(session, AuditQuery(organisation_ids=(1,))) == ["Amara Osei", "Lakeshire Council"]
    assert labels(session, AuditQuery(subject="hillside abm")) == ["Hillside Trust: ABM"]
    assert labels(session, AuditQuery(actor="nobody")) == []
    assert len(labels(session, AuditQuery(without=("signed in",)))) == 4


def test_a_day_begins_with_its_first_moment_and_ends_before_the_next(session: Session, trail: list[AuditEntry]) -> None:
    query = AuditQuery(since=trail[1].at, until=trail[3].at)
    assert labels(session, query) == ["Hillside Trust: ABM", "Amara Osei"]
    assert labels(session, replace(query, until=trail[1].at)) == []


def test_the_chain_tells_how_far_it_is_sealed(session: Session, clock: SteppingClock, trail: list[AuditEntry]) -> None:
    assert audit.chain_state(session).waiting == 5
    audit.seal_entries(session, limit=3)
    state = audit.chain_state(session)
    assert (state.links, state.waiting, state.sealed_until, state.broken_entry) == (3, 2, trail[2].at, None)


@pytest.mark.parametrize(("newest", "seen"), [(2, False), (3, True), (200, True)])
def test_a_seal_that_does_not_fit_shows_among_the_newest_links(
    session: Session, trail: list[AuditEntry], newest: int, seen: bool
) -> None:
    audit.seal_entries(session, limit=2)
    session.add(AuditSeal(position=3, entry_id=trail[2].id, seal="0" * 64))
    session.flush()
    audit.seal_entries(session)
    state = audit.chain_state(session, newest)
    assert (state.broken_entry, state.checked) == (trail[2].id if seen else None, min(newest, 5))
    assert audit.broken_seal(session) == trail[2].id


def test_an_entry_that_came_late_is_sealed_and_the_whole_trail_is_not_searched(
    session: Session, trail: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries take their ids before they are committed: here the second is not seen until the others are sealed."""
    session.add(AuditSeal(position=1, entry_id=trail[0].id, seal=audit.seal_of("", trail[0])))
    seal = audit.seal_of(audit.seal_of("", trail[0]), trail[2])
    session.add(AuditSeal(position=2, entry_id=trail[2].id, seal=seal))
    session.flush()
    monkeypatch.setattr(audit, "LATEST", 1)
    assert audit.seal_entries(session) == 2, "those after the latest link alone"
    monkeypatch.setattr(audit, "LATEST", 4)
    assert audit.seal_entries(session) == 1
    assert audit.broken_seal(session) is None


def test_one_thing_s_entries_and_those_that_name_it_in_a_detail(session: Session, clock: SteppingClock) -> None:
    audit.record(session, clock, RUTH, "licence granted", Subject("licence", 7, "Council: ABM", 1), seats=2)
    for licence in (7, 8):
        audit.record(session, clock, RUTH, "seat given", Subject("person", 3, f"Of {licence}", 1), licence=licence)
    audit.record(session, clock, RUTH, "person changed", Subject("person", 7, "Another kind", 1), licence=7)
    session.flush()
    assert labels(session, AuditQuery(subject_kind="licence", subject_id=7)) == ["Council: ABM"]
    seats = AuditQuery(actions=("seat given", "seat released"), detail=("licence", 7))
    assert labels(session, seats) == ["Of 7"]
