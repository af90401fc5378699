"""`portal check`: what is wrong with an installation, in sentences that say how to mend it."""

from collections.abc import Callable, Iterator

from sqlalchemy.exc import DBAPIError

import migrations
from kit.jobs import has_beat
from kit.mail import SmtpMailer
from kit.store import StoreUnavailable
from kit.web.house import House
from portal.settings import Settings
from portal.wiring import make_house


def problems(settings: Settings) -> list[str]:
    """Sentences, one for each thing that is wrong; none when all is well."""
    here = make_house(settings)
    checks: tuple[Callable[[Settings, House], Iterator[str]], ...] = (_database, _store, _mail)
    try:
        return [words for check in checks for words in check(settings, here)]
    finally:
        here.database.close()


def _database(settings: Settings, here: House) -> Iterator[str]:
    try:
        at, head = migrations.current(settings.database_url), migrations.head()
        if at != head:
            yield f"The tables are at {at or 'nothing'} and should be at {head}: run “portal migrate”."
            return
        with here.database.read() as session:
            if not has_beat(session, here.clock):
                yield "No worker has been seen in the last 30 seconds: start “portal worker”."
    except DBAPIError as error:
        yield f"The database cannot be reached ({error.orig}): check PORTAL_DATABASE_URL and that the server runs."


def _store(_settings: Settings, here: House) -> Iterator[str]:
    try:
        here.store.check()
    except StoreUnavailable as error:
        yield f"Files cannot be written and read back ({error}): check PORTAL_STORE_URL and the disk."


def _mail(settings: Settings, _here: House) -> Iterator[str]:
    try:
        SmtpMailer(settings.smtp_url, settings.mail_from, timeout=5).check()
    except ValueError as error:
        yield f"Mails cannot be sent ({error}): check PORTAL_SMTP_URL and PORTAL_MAIL_FROM."
    except OSError as error:
        yield f"The mail server does not answer, or refuses us ({error}): check PORTAL_SMTP_URL."
