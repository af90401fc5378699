"""A new e-mail address: confirmed at the new one; the old one is told, and may object for seven days.

Whoever cannot read the old address's mail any more needs somebody who vouches for them: a licence manager, or staff.
Whether an address is somebody's already is said only in a mail to that address.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.refusals import NotThere, Refused
from licences.people import authenticators, limits, memberships, sessions, tokens
from licences.people.kinds import TokenPurpose
from licences.people.memberships import Member
from licences.people.models import EmailChange, Person

MAY_OBJECT_FOR = tokens.LIVES[TokenPurpose.OBJECT_TO_EMAIL]
CHANGES_BY_PERSON = limits.Limit("e-mail change", 5, timedelta(hours=1))
TAKEN = "This address cannot be used just now. Write to the programme team."
MERGED = "Your account was joined with another one since. Write to the programme team: they can part them again."


@dataclass(frozen=True)
class Change:
    """A change of address, as the page behind its link shows it."""

    name: str
    before: str
    after: str


def ask(session: Session, clock: Clock, letterhead: mail.Letterhead, actor: Actor, *, email: str) -> None:
    """Asks for a new address of one's own; a mail with a link goes to it. Raises `Refused`."""
    _begin(session, clock, letterhead, actor, actor.person_id or 0, email)


def vouch(
    session: Session, clock: Clock, letterhead: mail.Letterhead, actor: Actor, person_id: int, *, email: str
) -> None:
    """Asks for a new address of somebody for whom the actor vouches. Raises `Refused`."""
    if actor.person_id == person_id:
        raise Refused("You cannot vouch for yourself. Change your own address in your account.", "email")
    _begin(session, clock, letterhead, actor, person_id, email)


def may_be_vouched_for(session: Session, organisation_id: int, person_id: int) -> Member:
    """Somebody for whom a manager of the organisation can vouch: who belongs to it, and to no other.

    Raises `NotThere` for who does not belong to it, and `Refused` for who belongs elsewhere, too.
    """
    found = memberships.member_in(session, organisation_id, person_id)
    if len(memberships.live_places(session, person_id)) > 1:
        raise Refused(f"{found.name} works somewhere else, too. Only the programme team can vouch for them.", "email")
    return found


def look(session: Session, clock: Clock, purpose: TokenPurpose, secret: str) -> Change | None:
    """The change that a link is about, while it works. Looking spends nothing."""
    link = tokens.look(session, clock, purpose, secret)
    row = None if link is None else session.get(EmailChange, int(link.detail["change"]))
    if row is None or row.dropped_at is not None or row.objected_at is not None:
        return None
    return Change(session.get_one(Person, row.person_id).name, row.before, row.after)


def confirm(session: Session, clock: Clock, letterhead: mail.Letterhead, secret: str) -> str:
    """Makes the new address count, tells the old one, and returns the new. Raises `Refused`.

    Links that were sent to the old address stop working. With a voucher every session ends, too: whoever sits at them
    may be the wrong one.
    """
    row = _spent(session, clock, TokenPurpose.CONFIRM_EMAIL, secret)
    person = session.get_one(Person, row.person_id)
    if row.before != person.email or _is_taken(session, row.after, person.id):
        raise Refused(TAKEN)
    person.email, row.confirmed_at = row.after, clock.now()
    tokens.end(session, clock, person.id, TokenPurpose.SIGN_IN, TokenPurpose.SET_PASSWORD, TokenPurpose.CONFIRM_EMAIL)
    if row.vouched_by_id is not None:
        sessions.end_all_of(session, clock, person.id)
    session.flush()
    _tell_old_address(session, clock, letterhead, person, row)
    record(
        session, clock, _self(person), "e-mail address changed", _subject(person), before=row.before, email=row.after
    )
    return row.after


def object_to(session: Session, clock: Clock, letterhead: mail.Letterhead, secret: str) -> str:
    """Puts the old address back and returns it. Raises `Refused`.

    Whoever changed it may have had the password, sat at a session or added a second step: all of that ends, and a link
    to set a new password goes to the old address. Somebody who was merged away since has none of it; their link waits
    for the merge to be undone.
    """
    row = _spent(session, clock, TokenPurpose.OBJECT_TO_EMAIL, secret)
    person = session.get_one(Person, row.person_id)
    if person.merged_into_id is not None:
        raise Refused(MERGED)
    if _is_taken(session, row.before, person.id):
        raise Refused(TAKEN)
    person.email, person.password_hash = row.before, None
    _undo_since(session, clock, row)
    sessions.end_all_of(session, clock, person.id)
    ending = (TokenPurpose.SIGN_IN, TokenPurpose.SET_PASSWORD, TokenPurpose.CONFIRM_EMAIL)
    tokens.end(session, clock, person.id, *ending)
    authenticators.remove_all(session, clock, _self(person), person.id, since=row.asked_at)
    session.flush()
    _send_password_link(session, clock, letterhead, person)
    record(session, clock, _self(person), "e-mail change undone", _subject(person), before=row.after, email=row.before)
    return row.before


def _begin(
    session: Session, clock: Clock, letterhead: mail.Letterhead, actor: Actor, person_id: int, email: str
) -> None:
    person, email = session.get(Person, person_id), email.strip().lower()
    if person is None:
        raise NotThere
    if email == person.email:
        raise Refused("This is the address already.", "email")
    if limits.is_over(session, clock, CHANGES_BY_PERSON, str(person_id)):
        raise Refused("Too many changes were asked for. Wait an hour, then try again.", "email")
    limits.count(session, clock, CHANGES_BY_PERSON, str(person_id))
    _drop_open(session, clock, person_id)
    if _is_taken(session, email, person_id):
        _write(
            session, clock, letterhead, "email_taken", mail.Address(email), person, path="/sign-in", until=clock.now()
        )
    else:
        _send_to_new_address(session, clock, letterhead, actor, person, email)
    record(session, clock, actor, "e-mail change asked", _subject(person), email=email)


def _send_to_new_address(
    session: Session, clock: Clock, letterhead: mail.Letterhead, actor: Actor, person: Person, email: str
) -> None:
    voucher = None if actor.person_id == person.id else actor.person_id
    row = EmailChange(
        person_id=person.id, before=person.email, after=email, asked_at=clock.now(), vouched_by_id=voucher
    )
    session.add(row)
    session.flush()
    purpose, detail = TokenPurpose.CONFIRM_EMAIL, {"change": row.id}
    secret = tokens.issue(session, clock, purpose, person_id=person.id, detail=detail)
    until = clock.now() + tokens.LIVES[purpose]
    path, to = f"/email/confirm/{secret}", mail.Address(email, person.name)
    _write(session, clock, letterhead, "email_confirm", to, person, path=path, until=until)


def _tell_old_address(
    session: Session, clock: Clock, letterhead: mail.Letterhead, person: Person, row: EmailChange
) -> None:
    """Older links to object stay good: of two changes in a week, the first owner can still undo both."""
    purpose, detail = TokenPurpose.OBJECT_TO_EMAIL, {"change": row.id}
    secret = tokens.issue(session, clock, purpose, person_id=person.id, detail=detail, keep_older=True)
    voucher = None if row.vouched_by_id is None else session.get_one(Person, row.vouched_by_id).name
    mail.queue(
        session,
        clock,
        template="licences/email_changed",
        to=mail.Address(row.before, person.name),
        context={"path": f"/email/keep/{secret}", "until": clock.now() + MAY_OBJECT_FOR, "after": row.after,
                 "voucher": voucher},
        letterhead=letterhead,
        about=("person", person.id),
        secret=True,
    )  # fmt: skip


def _send_password_link(session: Session, clock: Clock, letterhead: mail.Letterhead, person: Person) -> None:
    purpose = TokenPurpose.SET_PASSWORD
    path = f"/welcome/{tokens.issue(session, clock, purpose, person_id=person.id)}"
    to, until = mail.Address(person.email, person.name), clock.now() + tokens.LIVES[purpose]
    _write(session, clock, letterhead, "password_link", to, person, path=path, until=until)


def _write(
    session: Session,
    clock: Clock,
    letterhead: mail.Letterhead,
    template: str,
    to: mail.Address,
    person: Person,
    **context: object,
) -> None:
    mail.queue(
        session,
        clock,
        template=f"licences/{template}",
        to=to,
        context={"before": person.email, **context},
        letterhead=letterhead,
        about=("person", person.id),
        secret=True,
    )


def _spent(session: Session, clock: Clock, purpose: TokenPurpose, secret: str) -> EmailChange:
    link = tokens.spend(session, clock, purpose, secret)
    row = session.get(EmailChange, int(link.detail["change"]), with_for_update=True)
    if row is None or row.dropped_at is not None or row.objected_at is not None:
        raise Refused(tokens.USED_UP)
    return row


def _drop_open(session: Session, clock: Clock, person_id: int) -> None:
    tokens.end(session, clock, person_id, TokenPurpose.CONFIRM_EMAIL)
    waiting = sa.update(EmailChange).where(
        EmailChange.person_id == person_id, EmailChange.confirmed_at.is_(None), EmailChange.dropped_at.is_(None)
    )
    session.execute(waiting.values(dropped_at=clock.now()))


def _undo_since(session: Session, clock: Clock, row: EmailChange) -> None:
    """This change and every later one of the same person count as objected to."""
    since = sa.update(EmailChange).where(EmailChange.person_id == row.person_id, EmailChange.id >= row.id)
    session.execute(since.where(EmailChange.objected_at.is_(None)).values(objected_at=clock.now()))


def _is_taken(session: Session, email: str, person_id: int) -> bool:
    """Whether an address is somebody else's, be it of somebody who was merged away: they get it back when undone."""
    owner = sa.select(Person.id).where(Person.email == email, Person.id != person_id)
    return session.scalar(owner) is not None


def _self(person: Person) -> Actor:
    return Actor(person.id, person.name)


def _subject(person: Person) -> Subject:
    return Subject("person", person.id, person.name)
