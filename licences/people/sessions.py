"""Sessions on the server: opened at the door, looked up at every request, ended one by one or all together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.ids import fingerprint, new_token
from kit.refusals import NotThere, Refused
from kit.statements import Statement
from licences.people import memberships
from licences.people.kinds import Role, Step
from licences.people.memberships import Member
from licences.people.models import Authenticator, Membership, Organisation, Person, SignIn
from licences.people.viewer import Viewer

SESSION_LIFE = timedelta(days=14)
IDLE_LIFE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
SURE_FOR = timedelta(minutes=10)
HANDLE_LENGTH = 16  # characters of a fingerprint: enough to name one of a person's own sessions


@dataclass(frozen=True)
class OpenSession:
    """A session as its owner sees it; `handle` names it in addresses and opens nothing."""

    handle: str
    browser: str
    place: str
    since: datetime
    seen_at: datetime
    is_this_one: bool


def begin(
    session: Session, clock: Clock, membership_id: int, browser: str, *, how: str = "password", is_proved: bool = False
) -> str:
    """Opens a session and returns its secret, which goes into the cookie and nowhere else.

    `how` is what the person showed first, for the audit trail; `is_proved` when that counts for both steps. Signing in
    counts as being asked who one is.
    """
    secret, now = new_token(), clock.now()
    membership = session.get_one(Membership, membership_id, options=[joinedload(Membership.person)])
    session.add(
        SignIn(
            fingerprint=fingerprint(secret),
            membership_id=membership_id,
            created_at=now,
            seen_at=now,
            sure_at=now,
            proved_at=now if is_proved else None,
            browser=browser[:200],
        )
    )
    person = membership.person
    actor = Actor(person.id, person.name, membership.organisation_id)
    subject = Subject("person", person.id, person.name, membership.organisation_id)
    record(session, clock, actor, "signed in", subject, how=how)
    return secret


def place_to_enter(person_id: int | sa.ColumnElement[int]) -> sa.ScalarSelect[int]:
    """Asks for the place that a person was in last, while it is live; else for their first. For use in a statement."""
    last = sa.func.max(SignIn.seen_at)
    return (
        sa.select(Membership.id)
        .outerjoin(SignIn, SignIn.membership_id == Membership.id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .group_by(Membership.id)
        .order_by(last.is_(None), last.desc(), Membership.id)
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )


_VIEWER = Statement(
    sa.select(
        SignIn.created_at,
        SignIn.seen_at,
        Person.id,
        Person.name,
        Person.email,
        Organisation.id,
        Organisation.name,
        Membership.role,
        Membership.id,
        SignIn.proved_at,
        SignIn.sure_at,
        sa.exists().where(Authenticator.person_id == Person.id),
        SignIn.acting_for_id,
    )
    .join(Membership, Membership.id == SignIn.membership_id)
    .join(Person, Person.id == Membership.person_id)
    .join(Organisation, Organisation.id == Membership.organisation_id)
    .where(SignIn.fingerprint == sa.bindparam("fingerprint"), SignIn.ended_at.is_(None), Membership.ended_at.is_(None))
)


def viewer_of(
    session: Session, clock: Clock, secret: str, second_step_for: frozenset[Role] = frozenset()
) -> tuple[Viewer, bool] | None:
    """The person behind a session's secret, and whether its last-seen is due; None when it is over.

    Whoever has an app or a passkey must have shown it in this session. Who is in one of the roles `second_step_for` and
    has none must set one up first.
    """
    found = _VIEWER.first(session, fingerprint=fingerprint(secret))
    if found is None:
        return None
    created_at, seen_at, *own, proved_at, sure_at, has_one, acting_for = found
    person_id, name, email, place_id, place, role, membership_id = own
    now = clock.now()
    if created_at + SESSION_LIFE < now or seen_at + IDLE_LIFE < now:
        return None
    step = _step(has_one, proved_at is not None, role in second_step_for)
    viewer = Viewer(secret, person_id, name, email, place_id, place, role, membership_id, step, sure_at)
    if acting_for is not None and viewer.is_staff and step is Step.DONE:
        viewer = _acting(session, viewer, acting_for)
    return viewer, seen_at + SEEN_EVERY < now


_ACTED_FOR = (
    sa.select(Person.id, Person.name, Person.email, Organisation.id, Organisation.name, Membership.role, Membership.id)
    .select_from(Membership)
    .join(Person, Person.id == Membership.person_id)
    .join(Organisation, Organisation.id == Membership.organisation_id)
    .where(Membership.id == sa.bindparam("membership"), Membership.ended_at.is_(None))
)


def _acting(session: Session, staff: Viewer, membership_id: int) -> Viewer:
    """The person for whom a member of staff acts; the member of staff again when that person has left."""
    found = session.execute(_ACTED_FOR, {"membership": membership_id}).first()
    if found is None:
        return staff
    own = Actor(staff.person_id, staff.name, staff.organisation_id)
    return Viewer(staff.secret, *found, staff.step, staff.sure_at, own)


def begin_acting(session: Session, clock: Clock, staff: Viewer, membership_id: int, *, reason: str) -> Member:
    """Has a member of staff act for a person in one organisation, until they stop or sign out.

    Raises `NotThere`, and `Refused` for a colleague: staff act for the people they serve.
    """
    if not staff.is_staff or staff.acted_by is not None:
        raise NotThere
    place = memberships.member(session, membership_id)
    if place.role is Role.STAFF:
        raise Refused("Staff act for nobody of the programme team.")
    mine = sa.update(SignIn).where(SignIn.fingerprint == fingerprint(staff.secret), SignIn.ended_at.is_(None))
    session.execute(mine.values(acting_for_id=membership_id))
    record(session, clock, staff.actor, "acting begun", place.subject, reason=reason)
    return place


def stop_acting(session: Session, clock: Clock, viewer: Viewer) -> None:
    """Ends acting; the member of staff is themselves again. Raises `NotThere` when nobody acts."""
    if viewer.acted_by is None:
        raise NotThere
    mine = sa.update(SignIn).where(SignIn.fingerprint == fingerprint(viewer.secret))
    session.execute(mine.values(acting_for_id=None))
    record(session, clock, viewer.acted_by, "acting ended", _subject(viewer))


def prove(session: Session, clock: Clock, viewer: Viewer, how: str) -> str:
    """Notes that the second step was shown, and returns the session's new secret: the one before opens nothing."""
    record(session, clock, viewer.actor, "second step shown", _subject(viewer), how=how)
    return _renewed(session, viewer, proved_at=clock.now(), sure_at=clock.now())


def make_sure(session: Session, clock: Clock, viewer: Viewer, how: str) -> str:
    """Notes that the person was asked again who they are and answered; returns the session's new secret."""
    record(session, clock, viewer.actor, "asked again", _subject(viewer), how=how)
    return _renewed(session, viewer, sure_at=clock.now())


def is_sure(clock: Clock, viewer: Viewer) -> bool:
    """Whether the person has proved who they are a moment ago, so that they need not be asked again."""
    return viewer.sure_at is not None and clock.now() < viewer.sure_at + SURE_FOR


def mark_seen(session: Session, clock: Clock, secret: str) -> None:
    """Moves the session's last-seen forward."""
    session.execute(sa.update(SignIn).where(SignIn.fingerprint == fingerprint(secret)).values(seen_at=clock.now()))


def end(session: Session, clock: Clock, viewer: Viewer) -> None:
    """Ends a session on the server: its cookie is worth nothing from now on."""
    ended = sa.update(SignIn).where(SignIn.fingerprint == fingerprint(viewer.secret)).values(ended_at=clock.now())
    session.execute(ended)
    record(session, clock, viewer.actor, "signed out", _subject(viewer))


def end_all_of(session: Session, clock: Clock, person_id: int, *, but: str = "") -> int:
    """Ends every open session of a person, except the one with the secret `but`; returns how many."""
    ended = session.execute(
        sa.update(SignIn)
        .where(SignIn.membership_id.in_(_places(person_id)), SignIn.ended_at.is_(None))
        .where(SignIn.fingerprint != fingerprint(but))
        .values(ended_at=clock.now())
        .returning(SignIn.fingerprint)
    )
    return len(ended.all())


def open_sessions(session: Session, clock: Clock, viewer: Viewer) -> list[OpenSession]:
    """The viewer's own sessions that still open the door, this one first, then the one last seen."""
    now = clock.now()
    rows = session.execute(
        sa.select(SignIn.fingerprint, SignIn.browser, Organisation.name, SignIn.created_at, SignIn.seen_at)
        .join(Membership, Membership.id == SignIn.membership_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.person_id == viewer.person_id, Membership.ended_at.is_(None), SignIn.ended_at.is_(None))
        .where(SignIn.created_at >= now - SESSION_LIFE, SignIn.seen_at >= now - IDLE_LIFE)
        .order_by(SignIn.seen_at.desc(), SignIn.fingerprint)
    )
    own = fingerprint(viewer.secret)
    found = [
        OpenSession(mark[:HANDLE_LENGTH], browser, place, since, seen_at, mark == own)
        for mark, browser, place, since, seen_at in rows
    ]
    return sorted(found, key=lambda one: not one.is_this_one)


def end_one(session: Session, clock: Clock, viewer: Viewer, handle: str) -> None:
    """Ends one of the viewer's own sessions. Raises `NotThere` for a handle that names none of theirs."""
    if len(handle) != HANDLE_LENGTH or not handle.isalnum():
        raise NotThere
    ended = session.execute(
        sa.update(SignIn)
        .where(SignIn.membership_id.in_(_places(viewer.person_id)), SignIn.ended_at.is_(None))
        .where(SignIn.fingerprint.startswith(handle, autoescape=True))
        .values(ended_at=clock.now())
        .returning(SignIn.fingerprint)
    )
    if not ended.all():
        raise NotThere
    record(session, clock, viewer.actor, "session ended", _subject(viewer))


def end_others(session: Session, clock: Clock, viewer: Viewer) -> int:
    """Ends every session of the viewer but the one they sit at; returns how many."""
    count = end_all_of(session, clock, viewer.person_id, but=viewer.secret)
    record(session, clock, viewer.actor, "other sessions ended", _subject(viewer), count=count)
    return count


def move_to(session: Session, clock: Clock, viewer: Viewer, membership_id: int) -> None:
    """Moves the session to another live place of the same person. Raises `NotThere` for any other place."""
    own = sa.select(Membership).where(
        Membership.id == membership_id, Membership.person_id == viewer.person_id, Membership.ended_at.is_(None)
    )
    place = session.scalar(own)
    if place is None:
        raise NotThere
    moved = sa.update(SignIn).where(SignIn.fingerprint == fingerprint(viewer.secret))
    session.execute(moved.values(membership_id=membership_id, acting_for_id=None))
    subject = Subject("person", viewer.person_id, viewer.name, place.organisation_id)
    record(session, clock, viewer.actor, "moved to another organisation", subject, before=viewer.organisation_name)


def _step(has_one: bool, is_proved: bool, is_compulsory: bool) -> Step:
    if has_one:
        return Step.DONE if is_proved else Step.TO_SHOW
    return Step.TO_SET_UP if is_compulsory else Step.DONE


def _renewed(session: Session, viewer: Viewer, **moments: datetime) -> str:
    """A session's secret changes whenever its owner has proved themselves. Raises `NotThere` when it is over."""
    secret = new_token()
    renewed = session.execute(
        sa.update(SignIn)
        .where(SignIn.fingerprint == fingerprint(viewer.secret), SignIn.ended_at.is_(None))
        .values(fingerprint=fingerprint(secret), **moments)
        .returning(SignIn.fingerprint)
    )
    if renewed.first() is None:
        raise NotThere
    return secret


def _places(person_id: int) -> sa.Select[int]:
    return sa.select(Membership.id).where(Membership.person_id == person_id)


def _subject(viewer: Viewer) -> Subject:
    return Subject("person", viewer.person_id, viewer.name, viewer.organisation_id)
