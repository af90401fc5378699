"""Chooses who answers at each port, and which function does which job."""

from functools import partial
from pathlib import Path

from kit.audit import seal_entries
from kit.clock import Clock, SystemClock
from kit.db import Database
from kit.jobs import Backoff, Handlers, Worker
from kit.links import PublicLinks
from kit.local_copies import LocalCopies
from kit.mail import Letterhead, SmtpMailer
from kit.mail import register as register_mail
from kit.store import Bucket, ObjectStore
from kit.web.house import House
from licences.billing import invoice_files, notices, payee
from licences.gateway import Gateway
from licences.payments import elsewhere, inbox, reconciling
from licences.payments.till import Till
from licences.people import sign_in_links
from materials import belongings
from materials.editions import PREPARE
from materials.preparing import PREPARE_AGAIN, enqueue_of_old_address, prepare_again, prepare_edition
from portal.ahead import ClockAhead
from portal.settings import Environment, Settings

LOOK_SECONDS = 1
SEAL_SECONDS = 60
HOUR_SECONDS = 3600
DAY_SECONDS = 24 * 3600
# A store or a database that is away for a night must not leave an edition unprepared in the morning.
PATIENT = Backoff(attempts=60, longest=900)


def make_house(settings: Settings, *, clock: Clock | None = None) -> House:
    """The ports of a process: one database, one store, one clock."""
    links = PublicLinks(settings.public_url)
    return House(
        database=Database(settings.database_url),
        clock=clock or _clock(settings),
        links=links,
        store=ObjectStore(settings.store_url, _bucket(settings)),
        letterhead=Letterhead(settings.brand_name, settings.help_email, links),
        upload_limit_mb=settings.upload_limit_mb,
        holdings=belongings.HOLDINGS,
    )


def _clock(settings: Settings) -> Clock:
    """The machine's; that of the demo goes with the pretend payments."""
    if settings.environment is Environment.DEMO and settings.stripe_api_base:
        return ClockAhead(settings.stripe_api_base)
    return SystemClock()


def _bucket(settings: Settings) -> Bucket:
    return Bucket(
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        key=settings.s3_key,
        secret=settings.s3_secret.get_secret_value(),
        copies=LocalCopies(Path(settings.store_copies), settings.store_copies_mb * 1_000_000),
    )


def make_gateway(settings: Settings) -> Gateway | None:
    """Who collects by card and Direct Debit; None while nobody does."""
    if not settings.collects:
        return None
    from licences.stripe_gateway import StripeGateway  # its library takes a third of a second

    secret = settings.stripe_webhook_secret.get_secret_value()
    return StripeGateway(settings.stripe_secret_key.get_secret_value(), secret, settings.stripe_api_base)


def make_till(settings: Settings, house: House) -> Till | None:
    """What the worker collects with; None while nobody collects."""
    gateway = make_gateway(settings)
    return Till(house.database, house.clock, house.links, house.letterhead, gateway) if gateway else None


def make_handlers(settings: Settings, house: House) -> Handlers:
    """Which function does which job."""
    handlers = Handlers()
    prepare = partial(prepare_edition, house.database, house.clock, house.store, house.links)
    handlers.add(PREPARE, prepare, backoff=PATIENT)
    again = partial(prepare_again, house.database, house.clock, house.store, house.links)
    handlers.add(PREPARE_AGAIN, again, backoff=PATIENT)
    mailer = SmtpMailer(settings.smtp_url, settings.mail_from, reply_to=settings.help_email)
    enclosing = invoice_files.encloser(house.database, house.clock, house.letterhead, house.store)
    register_mail(handlers, house.database, house.clock, mailer, {notices.INVOICE: enclosing})
    sign_in_links.register(handlers, house.database, house.clock, house.letterhead)
    if till := make_till(settings, house):
        _collect(handlers, till)
    handlers.add(payee.TELL, partial(payee.tell_all, house.database, house.clock, house.letterhead))
    handlers.every(DAY_SECONDS, "remove half-written files", lambda: _tidy(house))
    handlers.every(HOUR_SECONDS, "mails about money", lambda: _tell_of_money(house))
    handlers.every(SEAL_SECONDS, "seal the audit trail", lambda: _seal(house))
    return handlers


def _collect(handlers: Handlers, till: Till) -> None:
    """What somebody else collects is written down as it comes, and compared each night."""
    handlers.add(inbox.HANDLE, partial(_handle_message, till), backoff=PATIENT)
    handlers.add(inbox.HANDLE_BATCH, partial(inbox.handle_batch, till), backoff=PATIENT)
    handlers.every(LOOK_SECONDS, "messages about money", partial(_hand_out, till), only_if=partial(_is_waiting, till))
    handlers.add(elsewhere.TELL, partial(elsewhere.tell, till), backoff=PATIENT)
    handlers.add(reconciling.RECONCILE, lambda: _reconcile(till), backoff=PATIENT)
    handlers.every(DAY_SECONDS, "compare with who collects", lambda: till.database.run(reconciling.ask_for))


def _is_waiting(till: Till) -> bool:
    return inbox.is_waiting(till.database)


def _hand_out(till: Till) -> None:
    till.database.run(inbox.hand_out)


def _handle_message(till: Till, *, told_id: str) -> None:
    inbox.handle(till, told_id=told_id)


def _reconcile(till: Till) -> None:
    reconciling.reconcile(till)


def make_worker(settings: Settings, house: House) -> Worker:
    """The worker of a process of its own."""
    return Worker(house.database, make_handlers(settings, house), clock=house.clock)


def follow_address(house: House) -> int:
    """Has published files made ready again when the portal's address has changed; returns how many."""
    return house.database.run(lambda session: enqueue_of_old_address(session, house.links))


def _tidy(house: House) -> None:
    house.store.forget_unfinished()


def _tell_of_money(house: House) -> None:
    notices.catch_up_with_all(house.database, house.clock, house.letterhead)


def _seal(house: House) -> None:
    house.database.run(seal_entries)
