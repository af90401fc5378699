"""Links by mail for who cannot, or would rather not, type a password: one to sign in with, one to set a new password.

Whoever asks reads the same words after the same work, whether the address is known or not: what differs is left to
the worker.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.clock import Clock
from kit.db import Database
from kit.ids import new_code
from kit.jobs import Handlers, Job, enqueue
from kit.refusals import NotThere, Refused
from licences.people import limits, sessions, tokens
from licences.people.kinds import TokenPurpose
from licences.people.models import Person

DAY_SECONDS = 24 * 3600
SEND_LINK = Job("send a link to sign in")
# Done once for each press, also when the worker is killed after it has queued the mail.
ONCE = limits.Limit("link sent", 1, limits.LONGEST_WINDOW)
TEMPLATES = {TokenPurpose.SIGN_IN: "licences/sign_in_link", TokenPurpose.SET_PASSWORD: "licences/password_link"}
# A password forgotten is set at once; a welcome may wait for a week.
LIVES = {TokenPurpose.SIGN_IN: tokens.LIVES[TokenPurpose.SIGN_IN], TokenPurpose.SET_PASSWORD: timedelta(hours=2)}
PATHS = {TokenPurpose.SIGN_IN: "/sign-in/link/", TokenPurpose.SET_PASSWORD: "/welcome/"}


@dataclass(frozen=True)
class Arrival:
    """Who came in by a link, into which place, and the page that they had wanted."""

    person_id: int
    membership_id: int
    wanted: str


@dataclass(frozen=True)
class Addressee:
    """The owner of an address that is written into a form."""

    name: str
    email: str


def ask(
    session: Session, clock: Clock, purpose: TokenPurpose, *, email: str, place: str, wanted: str, demo_too: bool
) -> None:
    """Has a link sent to an address, if it is somebody's who may come in. Says nothing of whether it is.

    Raises `Refused` when this network `place` asked too often. An address that was written to six times within a
    quarter of an hour gets no more for now: the newest mail's link works for longer than that.
    """
    if limits.is_over(session, clock, limits.LINKS_BY_PLACE, place):
        raise Refused("Too many links were asked for from where you are. Wait 15 minutes, then try again.", "email")
    limits.count(session, clock, limits.LINKS_BY_PLACE, place)
    is_over = limits.is_over(session, clock, limits.LINKS_BY_EMAIL, email)
    limits.count(session, clock, limits.LINKS_BY_EMAIL, email)
    found = session.scalar(_known(email, demo_too))
    person_id = 0 if found is None or is_over else found
    enqueue(session, SEND_LINK, person=person_id, purpose=purpose.value, wanted=wanted, press=new_code())


def sender(database: Database, clock: Clock, letterhead: mail.Letterhead) -> Callable[..., None]:
    """The handler of `SEND_LINK`. For person 0, the owner of an unknown address, it does nothing."""

    def send(person: int, purpose: str, wanted: str, press: str) -> None:
        if person:
            kind = TokenPurpose(purpose)
            database.run(lambda session: _send_once(session, clock, letterhead, person, kind, wanted, press))

    return send


def register(handlers: Handlers, database: Database, clock: Clock, letterhead: mail.Letterhead) -> None:
    """Has the worker send links, and forget once a day whose tries are over."""
    handlers.add(SEND_LINK, sender(database, clock, letterhead))
    handlers.every(DAY_SECONDS, "forget old tries", lambda: _forget(database, clock))


def owner_of(session: Session, clock: Clock, secret: str) -> Addressee | None:
    """Whom a link signs in, while it works. Looking spends nothing: mail scanners open links."""
    link = tokens.look(session, clock, TokenPurpose.SIGN_IN, secret)
    person = None if link is None else session.get(Person, link.person_id)
    return None if person is None else Addressee(person.name, person.email)


def spend(session: Session, clock: Clock, secret: str) -> Arrival:
    """Uses a link up, with every other one of the same person. Raises `Refused` when it is used up or too old."""
    link = tokens.spend(session, clock, TokenPurpose.SIGN_IN, secret)
    person_id = link.person_id or 0
    tokens.end(session, clock, person_id, TokenPurpose.SIGN_IN)
    place = session.scalar(sa.select(sessions.place_to_enter(person_id)))
    if place is None:
        raise Refused("You have no place in an organisation just now. Write to the programme team.")
    return Arrival(person_id, place, str(link.detail.get("wanted", "")))


def _forget(database: Database, clock: Clock) -> None:
    database.run(lambda session: limits.forget_old(session, clock))


def _known(email: str, demo_too: bool) -> sa.Select[int]:
    """Looks up and no more: what takes longer for a known address, such as where they work, is left to the worker."""
    known = sa.select(Person.id).where(Person.email == email, Person.merged_into_id.is_(None))
    return known if demo_too else known.where(Person.is_demo.is_(False))


def _send_once(
    session: Session,
    clock: Clock,
    letterhead: mail.Letterhead,
    person_id: int,
    purpose: TokenPurpose,
    wanted: str,
    press: str,
) -> None:
    if limits.is_over(session, clock, ONCE, press):
        return
    limits.count(session, clock, ONCE, press)
    person = session.get(Person, person_id)
    if person is None:
        raise NotThere
    if session.scalar(sa.select(sessions.place_to_enter(person_id))) is None:
        return  # who has left has nowhere to come in
    detail, life = {"wanted": wanted}, LIVES[purpose]
    secret = tokens.issue(session, clock, purpose, person_id=person_id, detail=detail, keep_older=True, life=life)
    mail.queue(
        session,
        clock,
        template=TEMPLATES[purpose],
        to=mail.Address(person.email, person.name),
        context={"path": PATHS[purpose] + secret, "until": clock.now() + LIVES[purpose]},
        letterhead=letterhead,
        about=("person", person_id),
        secret=True,
    )
