"""A refused person's reminder to whoever can mend it: a mail, once a week for each person and licence.

The week is counted from the audit trail: it says who was written to, and when, however the people have changed since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import AuditEntry, record
from kit.clock import Clock, in_words, london, start_of, today
from kit.db import lock_row
from kit.refusals import Refused
from licences.entitlements import Entitlement, Reason, answer_for
from licences.models import Licence
from licences.people.kinds import Role
from licences.people.memberships import Member, people_with_roles
from licences.people.viewer import Viewer
from licences.terms import LicenceFacts

SENT = "reminder sent"
WEEK = timedelta(days=7)
TEAM = "the programme team"
# What a licence manager can settle; what is left is for the programme team, but for the terms: those, only oneself.
MANAGERS_SETTLE = frozenset({Reason.PENDING, Reason.SUSPENDED, Reason.ENDED, Reason.NO_SEAT, Reason.SEAT_PAUSED})
TEAM_SETTLES = frozenset({Reason.NOT_ACCREDITED, Reason.LAPSED})


@dataclass(frozen=True)
class Reminding:
    """Whom a refused person may remind about one programme, and what they sent within the last seven days.

    Without `managers` it is the programme team. `sent_to` are the names as they were then.
    """

    programme_id: int
    managers: tuple[Member, ...]
    sent_to: str = ""
    sent_on: date | None = None

    @property
    def to(self) -> str:
        """Their names, as they stand in a sentence."""
        return _listed([one.name for one in self.managers]) or TEAM

    @property
    def again_on(self) -> date | None:
        """The first day on which another may be sent; None when that is today."""
        return self.sent_on + WEEK if self.sent_on else None


def reminding(session: Session, clock: Clock, viewer: Viewer, answers: Iterable[Entitlement]) -> dict[int, Reminding]:
    """For each refusal that somebody else can mend, by programme: two statements however many there are."""
    refused = [(answer, answer.licence) for answer in answers if answer.licence and _is_for_others(answer)]
    if not refused:
        return {}
    managers = people_with_roles(session, viewer.organisation_id, Role.MANAGER)
    others = tuple(one for one in managers if one.id != viewer.person_id)
    sent = _sent_lately(session, clock, viewer, [licence for _, licence in refused])
    return {
        answer.programme.id: Reminding(
            answer.programme.id,
            others if answer.refusal and answer.refusal.reason in MANAGERS_SETTLE else (),
            *sent.get(licence.id, ("", None)),
        )
        for answer, licence in refused
    }


def remind(
    session: Session, clock: Clock, viewer: Viewer, letterhead: mail.Letterhead, programme_id: int, *, wanted: str
) -> Reminding:
    """Writes to whoever can mend the viewer's refusal, and says to whom. `wanted` is what the viewer asked for.

    Raises `NotThere` for a programme that the organisation has no licence for, and `Refused` when nothing is in the
    way any more, or only the viewer's own acceptance, or when a reminder went out within the last seven days. The
    licence's row is locked before looking, so that of two presses at once only one sends.
    """
    answer = answer_for(session, clock, viewer, programme_id)
    assert answer.licence is not None
    lock_row(session, Licence, answer.licence.id)
    known = reminding(session, clock, viewer, [answer]).get(programme_id)
    if known is None:
        raise Refused("Nobody has to be reminded: you can take copies, or you can mend it yourself.")
    if known.sent_on and known.again_on:
        words = f"Your reminder went to {known.sent_to} on {in_words(known.sent_on)}."
        raise Refused(f"{words} You can send another from {in_words(known.again_on)}.")
    for to, path in _recipients(known, viewer, letterhead):
        _write(session, clock, viewer, letterhead, to, path, answer, wanted)
    record(session, clock, viewer.actor, SENT, answer.licence.subject, to=known.to, wanted=wanted)
    return known


def _is_for_others(answer: Entitlement) -> bool:
    return answer.refusal is not None and answer.refusal.reason in MANAGERS_SETTLE | TEAM_SETTLES


def _sent_lately(
    session: Session, clock: Clock, viewer: Viewer, licences: list[LicenceFacts]
) -> dict[int, tuple[str, date]]:
    """The viewer's last reminder for each licence, with the names it went to; only those that still count."""
    rows = session.execute(
        sa.select(AuditEntry.subject_id, AuditEntry.at, AuditEntry.detail)
        .where(
            AuditEntry.subject_kind == "licence",
            AuditEntry.subject_id.in_([licence.id for licence in licences]),
            AuditEntry.action == SENT,
            AuditEntry.actor_person_id == viewer.person_id,
            AuditEntry.at >= start_of(today(clock) - WEEK + timedelta(days=1)),
        )
        .order_by(AuditEntry.at)
    )
    return {licence_id: (str(detail.get("to", TEAM)), london(at).date()) for licence_id, at, detail in rows}


def _recipients(known: Reminding, viewer: Viewer, letterhead: mail.Letterhead) -> list[tuple[mail.Address, str]]:
    """Each address with the page at which its owner can do something."""
    if known.managers:
        return [(mail.Address(one.email, one.name), "/organisation") for one in known.managers]
    return [(mail.Address(letterhead.help_email, letterhead.brand_name), f"/admin/people/{viewer.person_id}")]


def _write(
    session: Session,
    clock: Clock,
    viewer: Viewer,
    letterhead: mail.Letterhead,
    to: mail.Address,
    path: str,
    answer: Entitlement,
    wanted: str,
) -> None:
    assert answer.licence is not None
    mail.queue(
        session,
        clock,
        template="licences/reminder",
        to=to,
        context={
            "asker": viewer,
            "programme": answer.programme,
            "refusal": answer.refusal,
            "wanted": wanted,
            "path": path,
            "for_team": path != "/organisation",
        },
        letterhead=letterhead,
        about=("licence", answer.licence.id),
    )


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
