"""The list of quotes: what became of each, found by words and by how it stands."""

from dataclasses import replace

import sqlalchemy as sa

from kit.keyset import Span
from licences.billing import invoices, orders
from licences.billing.years import LicenceYear
from licences.ledger import Order
from licences.quotes import accepting, listing, making
from licences.quotes.accepting import Agreed
from licences.quotes.listing import QuoteState, QuotesWanted
from tests.unit.licences.billing.place import LETTERHEAD, Council
from tests.unit.licences.quotes.ordering import ANN, accept, quote


def told(council: Council, **wanted: object) -> list[tuple[str, str, str]]:
    found = listing.quotes(council.session, council.clock, QuotesWanted(**wanted), Span(50))  # type: ignore[arg-type]
    return [(one.facts.organisation_name, one.state.value, one.became) for one in found]


def test_each_quote_says_what_became_of_it(council: Council) -> None:
    session, clock = council.session, council.clock
    quote(council, replace(ANN, organisation_name="Éden Trust", person_email="eve@eden.example"))
    clock.move(days=40)
    wanted = quote(council, replace(ANN, organisation_name="Zed Trust"))
    accepting.ask_to_be_set_up(session, clock, LETTERHEAD, wanted)
    order = accept(council, quote(council))
    clock.move(days=21)
    quote(council, replace(ANN, organisation_name="New Council"))
    accepted = ("Lakeshire Council", "accepted", "Janet ordered for Lakeshire Council on 20 December 2026: {}")
    rest = [
        ("Zed Trust", "stands, account asked for", "An account was asked for on 20 December 2026"),
        ("Éden Trust", "run out", "It stood until 9 January 2027"),
    ]
    new = ("New Council", "stands", "It stands until 11 March 2027")

    def says(words: str) -> None:
        assert told(council) == [new, (*accepted[:2], accepted[2].format(words)), *rest]

    says("order in")
    invoice = council.invoice(order, net=142_000)
    says("invoiced")
    invoices.void(session, clock, council.ruth, invoice, reason="x")
    second = council.invoice(order, "SB-2", net=142_000)
    council.pay_all(second, net=142_000)
    says("paid on 10 January 2027")
    session.execute(sa.update(Order).values(paid_on=None))
    invoices.take_back(session, clock, council.ruth, council.bill(second).payments[0].id, reason="x")
    invoices.void(session, clock, council.ruth, second, reason="x")
    orders.withdraw(session, clock, council.ruth, order, reason="A mistake.")
    says("taken back")
    states = {state: [name for name, _, _ in told(council, state=state)] for state in QuoteState}
    assert states == {
        QuoteState.STANDS: ["New Council", "Zed Trust"],
        QuoteState.WANTED: ["Zed Trust"],
        QuoteState.ACCEPTED: ["Lakeshire Council"],
        QuoteState.RUN_OUT: ["Éden Trust"],
    }
    for words in ("eden", "EVE@eden", making.quote(session, wanted).reference.lower() + " zed"):
        assert len(told(council, words=words)) == 1, words
    assert told(council, words="%") == []


def test_one_that_waits_for_its_number_says_so(council: Council) -> None:
    accept(council, quote(council, year=LicenceYear.TODAY_TO_AUGUST), agreed=Agreed(1, 1))
    assert told(council)[0][2].endswith("waits for its purchase order")
