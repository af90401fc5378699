"""The things that the access table's examples speak of, made fresh for each test."""

import io
import re
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import Clock, today
from kit.ids import new_code
from kit.jobs.failures import put_aside
from kit.mail import MailMessage, State
from kit.sealing import Sealer
from licences import merging
from licences.billing import added_seats, invoices, orders, pay_links, payee, prices, renewals
from licences.billing.invoices import Line, Paid, Raised
from licences.billing.orders import Wanted
from licences.billing.payee import Details
from licences.billing.prices import PriceFacts
from licences.billing.years import LicenceYear
from licences.gateway import Told
from licences.kinds import PaymentKind
from licences.ledger import Payment, StaffOverride
from licences.payments import inbox
from licences.people import accounts, authenticators, invitations, legal, memberships, organisations, sessions, tokens
from licences.people.invitations import Guest
from licences.people.kinds import LegalKind, OrganisationKind, Role, TokenPurpose
from licences.people.models import EmailChange, SignIn
from licences.quotes import making
from licences.quotes.making import Asked, Asker
from materials import editions, shelf
from materials.editions import PREPARE
from tests.browser_like import Browser
from tests.factories.pdf_files import pdf_file
from tests.world import COLLEAGUE, FINANCE, MANAGER, STRANGER, STRANGER_MANAGER, TEAM, TRAINER, World


@dataclass
class Examples:
    """Values by name, for `{names}` in the table; and a signed-in browser for each person, made once."""

    world: World
    values: dict[str, str]
    browsers: dict[str, Browser] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        """The text with its `{names}` filled in."""
        return re.sub(r"\{(\w+)\}", lambda name: self.values[name[1]], text)

    def value(self, value: Any) -> Any:
        """A form's value: `{pdf}` alone is a file, other names are filled in."""
        if value == "{pdf}":
            return (io.BytesIO(a_pdf()), "manual.pdf")
        return self.filled(value) if isinstance(value, str) else value

    def browser(self, email: str) -> Browser:
        """The person's browser; signed in anew after a sign-out."""
        made = self.browsers.get(email)
        if made is None or made.get("/copies").status_code == 303:
            made = self.browsers[email] = self.world.browser(email)
        return made


def a_pdf(pages: int = 2) -> bytes:
    """A small real PDF."""
    with tempfile.TemporaryDirectory() as folder:
        return pdf_file(Path(folder, "a.pdf"), pages=pages).read_bytes()


PARTS_OF_THE_WORLD = (
    "lakeshire", "hillside", "licence", "suspended_licence", "programme", "manual", "handouts", "first_edition",
    "current_edition", "draft_edition",
)  # fmt: skip


def make_examples(world: World) -> Examples:
    """A copy taken, terms accepted, a welcome link, and the ids of the world."""
    values = {name: str(getattr(world, name)) for name in PARTS_OF_THE_WORLD}
    values |= {email.split("@")[0] + "_person": str(one) for email, one in world.people.items() if "lake" in email}
    with world.house.database.write() as session:
        for group in (
            _taken, _links, _second_steps_and_addresses, _given_up, _invited, _mail_that_came_back, _doubles, _money,
            _ordered,
        ):  # fmt: skip
            values |= group(session, world)
    return Examples(world, values)


def _taken(session: Session, world: World) -> dict[str, str]:
    """A copy, the terms accepted before it, and where its trainer works."""
    clock, viewer = world.house.clock, world.viewer(TRAINER)
    legal.accept_terms_of_use(session, clock, viewer, 1)
    copy = shelf.take_copy(
        session, clock, viewer, material_id=world.manual, edition_id=world.current_edition, press=new_code()
    )
    version = legal.current(session, LegalKind.TERMS_OF_USE)
    return {
        "copy": copy,
        "edition_code": editions.edition(session, world.current_edition).code,
        "trainer_place": str(memberships.first_place(session, world.people[TRAINER]).membership_id),
        "version": str(version.version if version else 0),
    }


def _links(session: Session, world: World) -> dict[str, str]:
    """Secrets of the links that came by mail."""
    clock, colleague = world.house.clock, world.people[COLLEAGUE]
    return {
        "secret": accounts.new_password_link(session, clock, colleague),
        "sign_in_secret": tokens.issue(session, clock, TokenPurpose.SIGN_IN, person_id=colleague),
    }


def _ordered(session: Session, world: World) -> dict[str, str]:
    """Quotes for another organisation and for ours, and the price of seats that was offered."""
    secrets = {
        "quote_secret": _quoted(session, world, "Zed Trust"),
        "own_quote_secret": _quoted(session, world, "Lakeshire Council"),
    }
    seats = added_seats.make_offer(session, world.house.clock, TEAM, world.licence, 3)  # at the quotes' price
    return secrets | {"seats_offer": str(seats)}


def _invited(session: Session, world: World) -> dict[str, str]:
    """Two open invitations, the link of one that is for somebody who has an account, and somebody who will leave."""
    clock, letterhead, place = world.house.clock, world.house.letterhead, world.lakeshire
    manager = world.viewer(MANAGER).actor
    guests = [Guest("Una Lee", "una@lee.example"), Guest("Amara", "amara@twice.example")]
    first, second = invitations.invite(session, clock, manager, letterhead, place, guests, Role.TRAINER)
    leaver = memberships.add_person(
        session, clock, TEAM, place, name="Liv Leaver", email="liv@lakeshire.example", role=Role.TRAINER
    )
    secret = tokens.issue(session, clock, TokenPurpose.INVITATION, invitation_id=second)
    return {"invitation": str(first), "invitation_secret": secret, "leaver_person": str(leaver.id)}


def _quoted(session: Session, world: World, organisation: str) -> str:
    """The secret of a quote that somebody without an account made."""
    clock, letterhead = world.house.clock, world.house.letterhead
    if not prices.prices_of(session, world.programme):
        prices.announce(session, clock, TEAM, PriceFacts(world.programme, today(clock), 145_000, 5, 9_500, 2_000))
    asked = Asked(world.programme, 7, LicenceYear.SEPTEMBER)
    asker = Asker(organisation, None, "Ann Example", "ann@zed.example")
    return making.make(session, clock, letterhead, asked, asker, place="192.0.2.1")


def _doubles(session: Session, world: World) -> dict[str, str]:
    """An organisation and a person who are here twice, and a merge that was done."""
    clock, kind = world.house.clock, OrganisationKind.TRUST

    def place(name: str) -> int:
        return organisations.create_organisation(session, clock, TEAM, name=name, kind=kind).id

    twice, kept, gone = place("Lakeshire twice"), place("Kept"), place("Gone")
    amara = memberships.add_person(
        session, clock, TEAM, twice, name="Amara", email="amara@twice.example", role=Role.TRAINER
    )
    accounts.make_demo_account(session, amara.id, "!")  # as everybody in the world is
    merge = merging.merge(session, clock, TEAM, "organisation", kept, gone, ())
    return {"double_organisation": str(twice), "double_person": str(amara.id), "merge": str(merge)}


def _money(session: Session, world: World) -> dict[str, str]:
    """Orders of the years that follow, three of them invoiced, one of those paid in part; and a decision that waits."""
    clock, programme = world.house.clock, world.programme
    last = renewals.last_day(session, world.licence)
    assert last is not None
    numbered = ("to_invoice", "to_withdraw", "invoiced", "to_void", "to_give_up")
    made: dict[str, int] = {}
    for place, name in enumerate(("", "without_number", *numbered, "to_number")):
        begins = last + timedelta(days=366 * (place + 6))  # the years before are for those who grant by hand
        number = f"PO {place}" if name in numbered else None
        wanted = Wanted(begins, begins + timedelta(days=300), 2, 90_000, 2000, number)
        made[name] = orders.place(
            session, clock, TEAM, organisation_id=world.lakeshire, programme_id=programme, wanted=wanted
        )
    day = today(clock)
    line = (Line("A licence", 90_000, 2000),)
    bills = {
        name: invoices.record_invoice(session, clock, TEAM, made[name], Raised(f"SB-{name}", day, day, line))
        for name in ("invoiced", "to_void", "to_give_up")
    }
    invoices.record_payment(session, clock, TEAM, bills["invoiced"], Paid(100, day, PaymentKind.TRANSFER, ""))
    waiting = StaffOverride(
        licence_id=world.suspended_licence, from_on=day, until_on=day + timedelta(days=30), reason="A late run.",
        asked_by_id=world.people[COLLEAGUE], asked_by="Somebody else", asked_at=clock.now(), needs_second=True,
    )  # fmt: skip
    details = Details("Secure Base", "1 Hill", "", "Secure Base", "123456", "12345678")
    somebody = Actor(world.people[COLLEAGUE], "Somebody else")
    waits = payee.ask(session, clock, somebody, world.house.letterhead, details)
    session.add(waiting)
    inbox.keep(session, clock, Told("evt_example", "invoice.paid", "in_example"), None)
    session.flush()
    payment = session.scalar(sa.select(Payment.id)) or 0
    ids: dict[str, int | str] = {f"order_{name}" if name else "order": number for name, number in made.items()}
    ids |= {"invoice": bills["invoiced"], "invoice_to_void": bills["to_void"], "payment": payment}
    ids |= {"payee": waits}
    ids["pay_secret"] = pay_links.make(session, clock, TEAM, bills["invoiced"])
    ids |= {"invoice_to_give_up": bills["to_give_up"], "override": waiting.id}
    return {name: str(number) for name, number in ids.items()}


def _mail_that_came_back(session: Session, world: World) -> dict[str, str]:
    """A mail that the mail server refused."""
    row = MailMessage(
        message_id=world.house.letterhead.new_message_id(), to_address="gone@lakeshire.example", to_name="Gone Away",
        subject="A reminder", text="Words.", html="<p>Words.</p>", template="tests/hello", secret=False,
        state=State.FAILED, attempts=1, last_error="550 no such mailbox", queued_at=world.house.clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return {"given_up_mail": str(row.id)}


def _second_steps_and_addresses(session: Session, world: World) -> dict[str, str]:
    """An app half set up, with its code of this moment; another session; and changes of address behind links."""
    clock, key = world.house.clock, str(world.app.secret_key)
    app = authenticators.app_to_set_up(Sealer(key, clock), world.people[TRAINER], TRAINER, "Secure Base")
    sessions.begin(session, clock, memberships.first_place(session, world.people[FINANCE]).membership_id, "Another")
    handle = session.scalar(sa.select(SignIn.fingerprint).where(SignIn.browser == "Another")) or ""
    return {
        "app_sealed": app.sealed,
        "app_code": pyotp.TOTP(app.secret).at(clock.now()),
        "session_handle": handle[: sessions.HANDLE_LENGTH],
        "confirm_secret": _changing(session, clock, world.people[STRANGER_MANAGER], TokenPurpose.CONFIRM_EMAIL),
        "object_secret": _changing(session, clock, world.people[STRANGER], TokenPurpose.OBJECT_TO_EMAIL),
    }


def _changing(session: Session, clock: Clock, person_id: int, purpose: TokenPurpose) -> str:
    before = memberships.first_place(session, person_id).email
    row = EmailChange(person_id=person_id, before=before, after=f"new-{before}", asked_at=clock.now())
    session.add(row)
    session.flush()
    return tokens.issue(session, clock, purpose, person_id=person_id, detail={"change": row.id})


def _given_up(session: Session, world: World) -> dict[str, str]:
    """A job that the worker gave up."""
    arguments = {"edition_id": 1}
    put_aside(session, world.house.clock, id="a-job", job=PREPARE.name, arguments=arguments, error="Gone", attempts=6)
    return {"job": "a-job"}
