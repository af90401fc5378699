"""What becomes of a quote: a licence manager orders by it, once; or its maker, without an account, asks for one."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, Subject, record
from kit.clock import Clock, in_words, london, today
from kit.db import lock_row
from kit.ids import fingerprint
from kit.refusals import NotThere, Refused
from licences import terms
from licences.billing import orders, parts
from licences.billing.orders import Wanted
from licences.ledger import Order
from licences.models import Licence
from licences.people import legal, organisations
from licences.people.kinds import LegalKind
from licences.people.legal import LegalVersion
from licences.people.organisations import Particulars
from licences.people.viewer import Viewer
from licences.quotes import making
from licences.quotes.models import Quote, QuoteAcceptance
from licences.register import lookup
from licences.register.kinds import EntryKind

TERMS, AGREEMENT = LegalKind.LICENCE_TERMS, LegalKind.DATA_PROCESSING


@dataclass(frozen=True)
class Became:
    """What became of a quote so far: the order by which it was accepted, and when an account was asked for."""

    order_id: int | None = None
    organisation_id: int | None = None
    accepted_on: date | None = None
    wanted_on: date | None = None


@dataclass(frozen=True)
class Agreed:
    """What is agreed to: the versions of both texts as they stood on the page. Without `po_number` it comes later.

    `in_two_parts`: the invoice is wanted by financial years, where the quote's days allow it.
    """

    terms_version: int
    agreement_version: int
    po_number: str | None = None
    in_two_parts: bool = False


def became(session: Session, secret: str) -> Became:
    """Raises `NotThere` for a link that opens nothing."""
    row = _row(session, secret)
    wanted_on = london(row.wanted_at).date() if row.wanted_at else None
    found = session.execute(
        sa.select(QuoteAcceptance.order_id, QuoteAcceptance.accepted_at, Licence.organisation_id)
        .join(Order, Order.id == QuoteAcceptance.order_id)
        .join(Licence, Licence.id == Order.licence_id)
        .where(QuoteAcceptance.quote_id == row.id)
    ).one_or_none()
    if found is None:
        return Became(wanted_on=wanted_on)
    order_id, accepted_at, organisation_id = found
    return Became(order_id, organisation_id, london(accepted_at).date(), wanted_on)


def texts(session: Session) -> tuple[LegalVersion, LegalVersion] | None:
    """The licence terms and the agreement on personal data that count; None while one is not published."""
    licence_terms, agreement = legal.current(session, TERMS), legal.current(session, AGREEMENT)
    return (licence_terms, agreement) if licence_terms and agreement else None


def refuse_elsewhere(session: Session, secret: str, viewer: Viewer) -> None:
    """Raises `Refused` for somebody of another organisation than the one that a quote was made for.

    That is the one of its name or of its numbers in the register. Where none is here under that name, whoever it was
    made by may order by it for their own. Raises `NotThere` for a link that opens nothing.
    """
    row = _row(session, secret)
    here = _organisations(session, row)
    if viewer.organisation_id in here or (not here and viewer.email == row.person_email):
        return
    raise Refused(
        f"It was made for {row.organisation_name}, and you are signed in for {viewer.organisation_name}. "
        f"A licence manager of {row.organisation_name} can accept it."
    )


def accept(
    session: Session, clock: Clock, viewer: Viewer, letterhead: mail.Letterhead, secret: str, agreed: Agreed
) -> int:
    """Orders what was quoted, at its pennies, for the viewer's organisation; returns the order's id.

    Raises `NotThere` for a link that opens nothing, and `Refused` for somebody of another organisation, after its day,
    a second time, when a text changed since it was read, for fewer seats than are in use, or as `orders.place` does.
    """
    row = _locked(session, secret)
    refuse_elsewhere(session, secret, viewer)
    _refuse_gone(session, clock, row)
    both = texts(session)
    if both is None:
        raise Refused("The licence terms are not published yet. Write to the programme team, and they order for you.")
    licence_terms = _unchanged(both[0], agreed.terms_version, "terms")
    agreement = _unchanged(both[1], agreed.agreement_version, "agreement")
    order_id = orders.place(
        session,
        clock,
        viewer.actor,
        organisation_id=viewer.organisation_id,
        programme_id=row.programme_id,
        wanted=Wanted(
            row.starts_on, row.ends_on, row.seats, row.net_pence, row.vat_basis_points, agreed.po_number,
            in_two_parts=agreed.in_two_parts and parts.turn_of_year(row.starts_on, row.ends_on) is not None,
        ),
    )  # fmt: skip
    _refuse_fewer_seats(session, clock, order_id)
    session.add(
        QuoteAcceptance(
            quote_id=row.id, order_id=order_id, licence_terms_id=licence_terms.id, agreement_id=agreement.id,
            accepted_at=clock.now(), accepted_by_id=viewer.person_id, accepted_by=viewer.name,
        )
    )  # fmt: skip
    session.flush()
    numbers = {"licence_terms": licence_terms.version, "data_processing_agreement": agreement.version}
    record(session, clock, viewer.actor, "quote accepted", _subject(row), order=order_id, **numbers)
    _confirm(session, clock, viewer, letterhead, row, (licence_terms, agreement), order_id)
    return order_id


def ask_to_be_set_up(session: Session, clock: Clock, letterhead: mail.Letterhead, secret: str) -> bool:
    """Tells the programme team, once, that a quote's maker has no account and would order; returns whether it is new.

    Raises `NotThere`, and `Refused` after its day or once it is accepted.
    """
    row = _locked(session, secret)
    _refuse_gone(session, clock, row)
    if row.wanted_at is not None:
        return False
    row.wanted_at = clock.now()
    session.flush()
    actor = Actor(None, f"{row.person_name} (without an account)")
    record(session, clock, actor, "account asked for", _subject(row), organisation=row.organisation_name)
    mail.queue(
        session,
        clock,
        template="licences/set_up",
        to=mail.Address(letterhead.help_email, letterhead.brand_name),
        context={"quote": making.facts_of(row), "email": row.person_email, "path": "/admin/quotes"},
        letterhead=letterhead,
        about=("quote", row.id),
    )
    return True


def _confirm(
    session: Session,
    clock: Clock,
    viewer: Viewer,
    letterhead: mail.Letterhead,
    row: Quote,
    both: tuple[LegalVersion, LegalVersion],
    order_id: int,
) -> None:
    """What was agreed to, in the mailbox of the one who did."""
    mail.queue(
        session,
        clock,
        template="licences/quote_accepted",
        to=mail.Address(viewer.email, viewer.name),
        context={
            "quote": making.facts_of(row),
            "organisation": viewer.organisation_name,
            "order": orders.order_facts(session, order_id),
            "texts": both,
            "path": f"/organisation/orders/{order_id}",
        },
        letterhead=letterhead,
        about=("quote", row.id),
    )


def _organisations(session: Session, row: Quote) -> set[int]:
    """The organisations here that a quote names: by its numbers in the register, or by its name."""
    named = organisations.organisation_named(session, row.organisation_name)
    found = {named.id} if named else set()
    if row.register_reference:
        try:
            entry = lookup.entry(session, row.register_reference)
        except NotThere:
            return found
        code = entry.la_code if entry.kind is EntryKind.LOCAL_AUTHORITY else None
        numbers = Particulars("", entry.urn, entry.ukprn, entry.trust_uid, code)
        found |= {one.id for one in organisations.with_numbers_of(session, [numbers])}
    return found


def _refuse_gone(session: Session, clock: Clock, row: Quote) -> None:
    accepted = sa.select(QuoteAcceptance.accepted_at).where(QuoteAcceptance.quote_id == row.id)
    moment: datetime | None = session.scalar(accepted)
    if moment is not None:
        raise Refused(f"This quote was accepted on {in_words(london(moment).date())} already.")
    if row.stands_until < today(clock):
        raise Refused(f"This quote stood until {in_words(row.stands_until)}. Make a new one: it takes a minute.")


def _refuse_fewer_seats(session: Session, clock: Clock, order_id: int) -> None:
    """A quote names nobody whose seat would be released. Looked at under the locks that the order took."""
    order = orders.order_facts(session, order_id)
    in_use = terms.licence_facts(session, clock, order.licence_id).seats_in_use
    if order.seats < in_use:
        words = f"{in_use} seats are in use, and this quote is for {order.seats}."
        raise Refused(f"{words} Renew on your organisation’s page: there you name whose seats are released.")


def _unchanged(text: LegalVersion, version: int, field: str) -> LegalVersion:
    if text.version != version:
        raise Refused(f"“{text.title}” changed while you were reading. Please read version {text.version}.", field)
    return text


def _row(session: Session, secret: str) -> Quote:
    row = session.scalar(sa.select(Quote).where(Quote.fingerprint == fingerprint(secret)))
    if row is None:
        raise NotThere
    return row


def _locked(session: Session, secret: str) -> Quote:
    row = lock_row(session, Quote, _row(session, secret).id)
    assert row is not None
    return row


def _subject(row: Quote) -> Subject:
    return Subject("quote", row.id, row.reference)
