"""Mails that tell the owner of an account what was changed about signing in to it, whoever did so.

A thief who sits at an open session changes the password or adds a telephone; the owner reads of it, and what to do.
"""

from enum import StrEnum

from sqlalchemy.orm import Session

from kit import mail
from kit.clock import Clock
from licences.people.models import Person


class Part(StrEnum):
    """What of signing in was changed, as the mail's subject names it."""

    PASSWORD = "password"  # noqa: S105 - a word of the subject, not a secret
    SECOND_STEP = "second step"


def tell(
    session: Session, clock: Clock, letterhead: mail.Letterhead, person_id: int, part: Part, *, happened: str
) -> None:
    """Queues a mail to the person's present address. `happened` is the change, as the end of a sentence."""
    person = session.get_one(Person, person_id)
    mail.queue(
        session,
        clock,
        template="licences/account_changed",
        to=mail.Address(person.email, person.name),
        context={"part": part.value, "happened": happened, "at": clock.now()},
        letterhead=letterhead,
        about=("person", person_id),
    )
