"""What stands still: said to staff on their home page, and by `portal check`."""

from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.jobs import has_beat
from kit.mail import held_up
from portal.findings import Finding


def standing_still(session: Session, clock: Clock) -> list[Finding]:
    """Worker and mail, each with what to do about it; nothing when both do their work."""
    found = []
    if not has_beat(session, clock):
        wrong = "No worker has been seen in the last 30 seconds, so no mail leaves and no edition is made ready"
        found.append(Finding("worker", wrong, "start “portal worker” (systemctl restart portal-worker)"))
    elif count := held_up(session, clock):
        wrong = (
            f"{'One mail waits' if count == 1 else f'{count} mails wait'}, and none has left for a quarter of an hour"
        )
        found.append(Finding("mail", wrong, "look at the mail server and at PORTAL_SMTP_URL"))
    return found
