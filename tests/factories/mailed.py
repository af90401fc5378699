"""What the portal has mailed in a test, and doing the jobs that mail it."""

import re

import sqlalchemy as sa

from kit.db import Database
from kit.jobs import Handlers, Worker
from kit.mail import MailMessage
from kit.mail.outbox import SEND
from licences.people import sign_in_links
from tests.world import World

_LINK = re.compile(r"https://portal\.test(/[\w/-]+)")


def do_jobs(world: World) -> None:
    """Has a real worker send the links that were asked for, into the outbox: nobody takes mail in a test's world."""
    handlers = Handlers()
    sign_in_links.register(handlers, world.house.database, world.house.clock, world.house.letterhead)
    handlers.add(SEND, lambda message: None)
    Worker(world.house.database, handlers, clock=world.house.clock).drain(timeout=30)


def last_mail(world: World, email: str) -> MailMessage | None:
    """The newest mail to an address, sent or not."""
    with world.house.database.read() as session:
        wanted = sa.select(MailMessage).where(MailMessage.to_address == email)
        return session.scalar(wanted.order_by(MailMessage.id.desc()).limit(1))


def mails_to(database: Database, email: str) -> int:
    """How many mails were queued for an address."""
    with database.read() as session:
        wanted = sa.select(sa.func.count()).select_from(MailMessage).where(MailMessage.to_address == email)
        return session.scalar(wanted) or 0


def link_in(world: World, email: str, begins: str) -> str:
    """The path of the link that begins so, in the newest mail to an address."""
    mail = last_mail(world, email)
    assert mail is not None, f"no mail to {email}"
    found = [path for path in _LINK.findall(mail.text) if path.startswith(begins)]
    assert found, mail.text
    return str(found[0])
