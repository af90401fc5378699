"""A quote in the words that stand on its paper."""

from kit.clock import in_words
from kit.money import pounds
from licences.billing.papers import Sender
from licences.documents.quote import QuoteSheet, build_quote, drawable
from licences.quotes.making import QuoteFacts


def paper(quote: QuoteFacts, sender: Sender, *, address: str) -> bytes:
    """The PDF of a quote; `address` is its own link, so that the paper leads back to it.

    What was typed for it can be drawn; the register and the programme team name things as they like.
    """
    cost, payee = quote.cost, sender.payee
    days = f"{in_words(cost.starts_on)} to {in_words(cost.ends_on)}"
    programme = drawable(quote.programme_name)
    lines = [(f"Licence for {programme}, {days}, {seats_in_words(quote.seats)}", pounds(cost.net_pence))]
    if cost.vat_pence:
        lines.append((f"VAT at {percent(cost.vat_basis_points)}", pounds(cost.vat_pence)))
    lines.append(("To pay", pounds(cost.whole_pence)))
    return build_quote(
        QuoteSheet(
            brand=sender.brand,
            title=f"Quote {quote.reference}",
            facts=(
                *((("From", drawable(payee.name_and_address)),) if payee else ()),
                ("For", drawable(quote.organisation_name)),
                ("Asked for by", quote.person_name),
                ("Date", in_words(quote.made_on)),
                ("It stands until", in_words(quote.stands_until)),
            ),
            lines=tuple(lines),
            notes=(
                "This is a quote and not an invoice: nothing is owed until you order.",
                "To order, a licence manager accepts it at the address below, with a purchase order number or without "
                f"one yet. Without an account, ask for one there, or write to {sender.help_email}.",
                *((f"The invoice will ask you to pay it to {drawable(payee.account)}.",) if payee else ()),
                "The quote is shown here for whoever has the link:",
            ),
            address=address,
        )
    )


def seats_in_words(seats: int) -> str:
    """“1 seat”, “12 seats”."""
    return f"{seats:,} {'seat' if seats == 1 else 'seats'}"


def percent(basis_points: int) -> str:
    """A rate as people write it: “20%”, “17.5%”."""
    return f"{basis_points / 100:g}%"
