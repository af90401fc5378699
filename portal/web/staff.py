"""Staff's own home and what belongs to no single package: the audit trail and the legal texts."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template

from kit.audit import AuditQuery, entries
from kit.clock import start_of, today
from kit.jobs import set_aside
from kit.keyset import Span
from kit.web.house import house
from kit.web.transactions import db
from licences.attention import licences_to_see, without_password
from licences.guard import allowed
from licences.policy import Action
from materials.copies import MOST_COUNTED, count_copies
from materials.editions import EditionFacts, editions_of_many
from materials.library import MaterialFacts, materials
from portal.standstill import standing_still
from portal.web import staff_audit, staff_legal, staff_mails, staff_wording, staff_work

Pair = tuple[MaterialFacts, EditionFacts]
LATELY = timedelta(days=90)
SIGN_INS = ("signed in", "signed out")
MOST_SHOWN = 6


def blueprint() -> Blueprint:
    """The overview, the audit trail and the legal texts, under `/admin`."""
    made = Blueprint("staff", __name__, url_prefix="/admin")
    made.get("")(overview)
    staff_audit.add_to(made)
    staff_legal.add_to(made)
    staff_mails.add_to(made)
    staff_wording.add_to(made)
    staff_work.add_to(made)
    return made


@allowed(Action.MANAGE_LICENCES)
def overview() -> str:
    """Where staff land: what waits for them, then what went on."""
    clock = house().clock
    day = today(clock)
    drafts, lately = _editions(clock.now() - LATELY)
    since_monday = start_of(day - timedelta(days=day.weekday()))
    taken = [_counted(number) for number in count_copies(db(), start_of(day), since_monday, clock.now() - LATELY)]
    nobody, people = without_password(db())
    return render_template(
        "portal/overview.html",
        now=clock.now(),
        drafts=drafts,
        lately=lately,
        copies_taken=list(zip(("Today", "This week, since Monday", "In the last 90 days"), taken, strict=True)),
        licences=licences_to_see(db(), clock),
        without_password=nobody,
        people=people,
        set_aside=len(set_aside(db())),
        still=standing_still(db(), clock),
        entries=entries(db(), AuditQuery(without=SIGN_INS), Span(5)),
        day=day,
    )


def _counted(number: int) -> str:
    return f"{number:,}" if number <= MOST_COUNTED else f"More than {MOST_COUNTED:,}"


def _editions(since: datetime) -> tuple[list[Pair], list[Pair]]:
    """Drafts that wait, and what was published since a moment, newest first."""
    items = {item.id: item for item in materials(db())}
    known = editions_of_many(db(), items)
    pairs = [(items[one.material_id], one) for group in known.values() for one in group]
    drafts = [(item, one) for item, one in pairs if one.published_at is None]
    lately = [
        (item, one)
        for item, one in pairs
        if one.published_at is not None and one.withdrawn_at is None and one.published_at >= since
    ]
    lately.sort(key=lambda pair: pair[1].published_at or since, reverse=True)
    return drafts, lately[:MOST_SHOWN]
