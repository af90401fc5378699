"""Staff: the quotes that were made, and what became of each."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from kit.web import forms
from kit.web.house import house
from kit.web.listing import Filters, Listing
from licences.guard import allowed
from licences.policy import Action
from licences.quotes import listing
from licences.quotes.listing import ListedQuote, QuoteState, QuotesWanted
from licences.web.choices import offered, read_as

TONES = {
    QuoteState.STANDS: "slate", QuoteState.WANTED: "honey", QuoteState.ACCEPTED: "moss", QuoteState.RUN_OUT: "grey",
}  # fmt: skip


class QuotesAsked(Filters):
    """What to look for."""

    q = forms.text("Reference, organisation, name or address", max_length=254)
    state = forms.pick("What became of it", offered(QuoteState, "Anything"))

    @property
    def wanted(self) -> QuotesWanted:
        return QuotesWanted(self.q.data, read_as(QuoteState, self.state.data), self.begins, self.ends)


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/quotes")(all_quotes)
    made.get("/quotes.csv")(quotes_csv)


@allowed(Action.MANAGE_LICENCES)
def all_quotes() -> str | tuple[str, int]:
    """The quotes that fit, newest first."""
    return QUOTES.page(QuotesAsked(request.args), tones=TONES)


@allowed(Action.MANAGE_LICENCES)
def quotes_csv() -> Response | str | tuple[str, int]:
    """The same, all of them, for a spreadsheet."""
    return QUOTES.download(QuotesAsked(request.args), tones=TONES)


def _cells(row: ListedQuote) -> tuple[object, ...]:
    quote = row.facts
    return (
        quote.reference, quote.made_on.isoformat(), quote.organisation_name, row.register_reference or "",
        quote.person_name, row.email, quote.programme_name, quote.seats, quote.cost.starts_on.isoformat(),
        quote.cost.ends_on.isoformat(), f"{quote.cost.net_pence / 100:.2f}", f"{quote.cost.whole_pence / 100:.2f}",
        quote.stands_until.isoformat(), row.state.value, row.became,
    )  # fmt: skip


QUOTES: Listing[QuotesAsked, ListedQuote] = Listing(
    name="quotes",
    template="licences/staff/quotes.html",
    fetch=lambda session, form, span: listing.quotes(session, house().clock, form.wanted, span),
    key=lambda row: row.key,
    heads=(
        "Quote", "Made", "Organisation", "Register", "Name", "E-mail address", "Programme", "Seats", "From", "Until",
        "Without VAT", "In all", "Stands until", "State", "What became of it",
    ),
    cells=_cells,
)  # fmt: skip
