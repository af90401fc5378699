"""A question about a programme, from anybody: a mail to the team, which answers it by hand."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from kit import mail
from kit.clock import Clock
from kit.refusals import Refused
from licences import programmes
from licences.people import limits
from licences.people.limits import Limit

BY_PLACE = Limit("questions place", 10, timedelta(hours=1))
BY_EMAIL = Limit("questions e-mail", 5, timedelta(hours=1))


@dataclass(frozen=True)
class Question:
    """Who asks what."""

    name: str
    email: str
    words: str


def ask(
    session: Session, clock: Clock, letterhead: mail.Letterhead, programme_id: int, question: Question, *, place: str
) -> None:
    """Sends a question to the address where the team answers.

    Raises `NotThere` for an unknown programme, and `Refused` when this network `place` or this address asked too often.
    """
    programme = programmes.programme(session, programme_id)
    for limit, key in ((BY_PLACE, place), (BY_EMAIL, question.email.lower())):
        if limits.is_over(session, clock, limit, key):
            raise Refused(f"Too many questions came from where you are. Write to {letterhead.help_email} instead.")
        limits.count(session, clock, limit, key)
    mail.queue(
        session,
        clock,
        template="licences/question",
        to=mail.Address(letterhead.help_email, letterhead.brand_name),
        context={"question": question, "programme": programme},
        letterhead=letterhead,
        about=("programme", programme_id),
    )
