"""A quote is accepted once, by one organisation, at its pennies; and whoever has no account asks for one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import AuditEntry
from kit.clock import SteppingClock
from kit.mail import MailMessage
from kit.refusals import NotThere, Refused
from licences import seats
from licences.billing import orders
from licences.billing.years import LicenceYear
from licences.people import legal, memberships, organisations
from licences.people.kinds import LegalKind, OrganisationKind, Role
from licences.people.organisations import Particulars
from licences.people.viewer import Viewer
from licences.quotes import accepting, making
from licences.quotes.accepting import Agreed
from licences.quotes.making import Asked
from licences.quotes.models import QuoteAcceptance
from licences.register.kinds import EntryKind, EntryStatus
from licences.register.models import RegisterEntry
from licences.standing import Standing
from tests.unit.licences.billing.place import LETTERHEAD, Council
from tests.unit.licences.quotes.ordering import AGREED, ANN, accept, janet, quote


def owen(council: Council) -> Viewer:
    """A licence manager elsewhere."""
    place = organisations.create_organisation(
        council.session, council.clock, council.ruth, name="Hillside Trust", kind=OrganisationKind.TRUST
    )
    one = memberships.add_person(
        council.session, council.clock, council.ruth, place.id, name="Owen", email="owen@hillside.example",
        role=Role.MANAGER,
    )  # fmt: skip
    return Viewer("", one.id, one.name, one.email, place.id, place.name, Role.MANAGER)


def refused(council: Council, secret: str, viewer: Viewer | None = None, agreed: Agreed = AGREED) -> str:
    with pytest.raises(Refused) as refusal:
        accept(council, secret, viewer, agreed)
    return refusal.value.message


def test_it_is_ordered_at_its_pennies_and_what_was_agreed_to_is_kept(council: Council) -> None:
    secret = quote(council)
    quoted = making.quote(council.session, secret)
    council.announce(licence=200_000, from_on=council.day + timedelta(days=90))
    council.clock.move(days=59)
    order_id = accept(council, secret)
    order = orders.order_facts(council.session, order_id)
    assert (order.starts_on, order.ends_on, order.seats) == (date(2027, 9, 1), date(2028, 8, 31), 7)
    assert (order.net_pence, order.vat_pence) == (quoted.cost.net_pence, quoted.cost.vat_pence)
    assert (order.po_number, order.placed_by, order.awaits_po) == ("PO 77", "Janet", False)
    kept = council.session.scalars(sa.select(QuoteAcceptance)).one()
    assert (kept.accepted_by, kept.accepted_by_id, kept.accepted_at) == ("Janet", council.janet, council.clock.now())
    both = accepting.texts(council.session)
    assert both
    assert (kept.licence_terms_id, kept.agreement_id) == tuple(text.id for text in both)
    entry = council.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "quote accepted")).one()
    assert (entry.actor_name, entry.detail) == (
        "Janet",
        {"order": order_id, "licence_terms": 1, "data_processing_agreement": 1},
    )
    told = accepting.became(council.session, secret)
    assert (told.order_id, told.organisation_id, told.accepted_on) == (order_id, council.id, council.day)
    letter = council.session.scalars(sa.select(MailMessage).where(MailMessage.to_name == "Janet")).one()
    assert letter.subject == f"Lakeshire Council ordered by quote {quoted.reference}: £1,704.00"
    assert letter.text.startswith(
        "Dear Janet,\n\n"
        f"You accepted quote {quoted.reference} for Lakeshire Council: ABM, 7 seats, from 1 September 2027 to 31 August"
        " 2028, for £1,704.00, of which £284.00 is VAT.\n\n"
        "You accepted “Licence-terms” in version 1 and “Data-processing-agreement” in version 1.\n\n"
        "The invoice follows, with purchase order PO 77 on it.\n\n"
        f"See the order:\n\nhttps://portal.test/organisation/orders/{order_id}\n"
    )


def test_a_quote_from_today_opens_the_licence_when_its_number_is_here(council: Council) -> None:
    order_id = accept(council, quote(council, year=LicenceYear.TODAY_TO_AUGUST), agreed=replace(AGREED, po_number=None))
    assert council.stands.standing is Standing.PENDING
    orders.note_po(council.session, council.clock, council.ruth, order_id, "PO 78")
    assert (council.stands.standing, council.licence.seats_bought) == (Standing.ACTIVE, 7)


def test_it_is_accepted_once_and_until_its_day(council: Council) -> None:
    secret = quote(council)
    accept(council, secret)
    assert refused(council, secret).startswith("This quote was accepted on 10 November 2026")
    late = quote(council, year=LicenceYear.APRIL)
    council.clock.move(days=61)
    assert refused(council, late).startswith("This quote stood until 9 January 2027.")
    with pytest.raises(NotThere):
        accept(council, "x")


def test_two_quotes_for_the_same_days_make_one_order(council: Council) -> None:
    first, second = quote(council), quote(council)
    accept(council, first)
    assert "some of these days already" in refused(council, second, agreed=replace(AGREED, po_number="PO 2"))


def test_fewer_seats_than_are_in_use_are_renewed_where_people_are_named(council: Council) -> None:
    council.order(first=-300, seats=4)
    for person in (council.amara, council.ben):
        seats.give(council.session, council.clock, council.ruth, council.licence.id, person)
    secret = making.make(
        council.session, council.clock, LETTERHEAD, Asked(council.programme, 1, LicenceYear.SEPTEMBER), ANN,
        place="192.0.2.1",
    )  # fmt: skip
    assert refused(council, secret).startswith("2 seats are in use, and this quote is for 1. Renew on")


def test_a_number_of_another_order_is_refused_at_its_field(council: Council) -> None:
    council.order(po="po 77")
    with pytest.raises(Refused, match="came with another order") as refusal:
        accept(council, quote(council, year=LicenceYear.APRIL))
    assert refusal.value.field in ("po_number", "starts_on")


def test_another_organisation_is_told_who_can(council: Council) -> None:
    elsewhere = owen(council)
    mine, theirs = quote(council), quote(council, replace(ANN, organisation_name="hillside trust"))
    assert refused(council, mine, elsewhere) == (
        "It was made for Lakeshire Council, and you are signed in for Hillside Trust. "
        "A licence manager of Lakeshire Council can accept it."
    )
    assert "you are signed in for Lakeshire Council" in refused(council, theirs)
    in_my_name = quote(council, replace(ANN, organisation_name="Hillside Trust", person_email=janet(council).email))
    assert "you are signed in for Lakeshire Council" in refused(council, in_my_name)
    assert accept(council, theirs, elsewhere)


def test_a_name_that_is_nobodys_here_is_ordered_for_their_own_by_who_made_it(council: Council) -> None:
    elsewhere = owen(council)
    by_janet = quote(council, replace(ANN, organisation_name="Lakeshire EPs", person_email="Janet@Lakeshire.example"))
    by_a_stranger = quote(council, replace(ANN, organisation_name="Lakeshire EPs"))
    assert "Lakeshire EPs" in refused(council, by_janet, elsewhere)
    assert "Lakeshire EPs" in refused(council, by_a_stranger)
    assert accept(council, by_janet)


def test_an_organisation_is_known_by_its_numbers_in_the_register(council: Council) -> None:
    entry = RegisterEntry(
        reference="la971", kind=EntryKind.LOCAL_AUTHORITY, name="Lakeshire", plain_name="lakeshire", type="LA",
        status=EntryStatus.OPEN,
        la_code="971", address="", town="", postcode="", digest="x",
    )  # fmt: skip
    council.session.add(entry)
    organisations.rename_organisation(
        council.session, council.clock, council.ruth, council.id, name="Lakeshire Council",
        kind=OrganisationKind.LOCAL_AUTHORITY, particulars=Particulars(la_code="971"),
    )  # fmt: skip
    assert accept(council, quote(council, replace(ANN, organisation_name="Lakeshire", register_reference="la971")))


@pytest.mark.parametrize(
    ("kind", "field"), [(accepting.TERMS, "terms"), (accepting.AGREEMENT, "agreement")], ids=["terms", "agreement"]
)
def test_a_text_that_changed_is_read_first(council: Council, kind: LegalKind, field: str) -> None:
    secret = quote(council)
    legal.publish(council.session, council.clock, council.ruth, kind, title="New words", body="Two.", after=1)
    with pytest.raises(Refused, match="“New words” changed while you were reading") as refusal:
        accept(council, secret)
    assert refusal.value.field == field
    assert council.session.scalar(sa.select(sa.func.count()).select_from(QuoteAcceptance)) == 0


def test_without_published_terms_nothing_is_accepted(session: Session, clock: SteppingClock) -> None:
    council = Council(session, clock)
    council.announce()
    assert "not published yet" in refused(council, quote(council))


def test_somebody_new_asks_once_and_the_team_hears_of_it(council: Council) -> None:
    secret = quote(council, replace(ANN, organisation_name="Zed Trust", person_email="ann@zed.example"))
    ask = accepting.ask_to_be_set_up
    assert ask(council.session, council.clock, LETTERHEAD, secret)
    assert not ask(council.session, council.clock, LETTERHEAD, secret)
    wanted = sa.select(MailMessage).where(MailMessage.template == "licences/set_up")
    letter = council.session.scalars(wanted).one()
    reference = making.quote(council.session, secret).reference
    assert (letter.to_address, letter.subject) == (
        LETTERHEAD.help_email,
        f"Zed Trust asks for an account: quote {reference}",
    )
    assert letter.text.startswith(
        "Dear Secure Base,\n\n"
        f"Somebody who gave the name Ann Example would order by quote {reference}, and has no account. It is for Zed"
        " Trust: ABM, 7 seats, £1,704.00. It stands until 9 January 2027.\n\n"
        "Nobody has checked who they are. Answer to ann@zed.example, to which the quote was sent; then set the"
        " organisation up, and add its licence manager.\n\n"
        "See the quotes:\n\nhttps://portal.test/admin/quotes\n"
    )
    assert accepting.became(council.session, secret).wanted_on == council.day
    accept(council, second := quote(council))
    with pytest.raises(Refused, match="was accepted on"):
        ask(council.session, council.clock, LETTERHEAD, second)
