"""What the tests of a licence manager's work share: inviting, and looking at what became of it."""

import re
from typing import Any

import sqlalchemy as sa

from kit.mail import MailMessage
from tests.browser_like import BASE, Browser, went_to
from tests.world import World

ANN = {"name": "Ann Lee", "email": "Ann@lee.example", "role": "trainer", "seat": "none"}
NEW_PASSWORD = "four quiet green words"


def letters(world: World) -> list[MailMessage]:
    """Every mail that was written, oldest first."""
    with world.house.database.read() as session:
        return list(session.scalars(sa.select(MailMessage).order_by(MailMessage.id)))


def link(world: World) -> str:
    """The link in the newest mail."""
    found = re.search(re.escape(BASE) + r"(/invitation/\S+)", letters(world)[-1].text)
    assert found
    return found[1]


def invited(world: World, manager: Browser, **changes: Any) -> str:
    """Invites Ann, with changes; returns the link."""
    assert went_to(manager.post("/organisation/invite", ANN | changes)) == "/organisation"
    return link(world)


def scalar(world: World, query: sa.Select[Any]) -> Any:
    """What one statement finds."""
    with world.house.database.read() as session:
        return session.scalar(query)


def seat(world: World, email: str, verb: str) -> str:
    """Where a manager does something with a seat of Lakeshire’s licence."""
    return f"/organisation/people/{world.people[email]}/seats/{world.licence}/{verb}"
