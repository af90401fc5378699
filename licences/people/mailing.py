"""Mails to people about their accounts."""

from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, record
from kit.clock import Clock
from licences.people.accounts import new_password_link
from licences.people.kinds import TokenPurpose
from licences.people.memberships import first_place
from licences.people.tokens import LIVES


def send_welcome(session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, person_id: int) -> int:
    """Queues a mail with a new link that sets a password, and returns the mail's id.

    Links sent before stop working. Raises `NotThere` for an unknown person.
    """
    person = first_place(session, person_id)
    secret = new_password_link(session, clock, person_id)
    message = mail.queue(
        session,
        clock,
        template="licences/welcome",
        to=mail.Address(person.email, person.name),
        context={
            "person": person,
            "path": f"/welcome/{secret}",
            "last_day": clock.now() + LIVES[TokenPurpose.SET_PASSWORD],
            "is_new": not person.has_password,
        },
        letterhead=letterhead,
        about=("person", person_id),
        secret=True,
    )
    record(session, clock, actor, "password link sent", person.subject, to=person.email)
    return message
