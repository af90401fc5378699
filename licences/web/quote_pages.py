"""The way to a quote, without an account: organisation, seats and licence year, name and e-mail address, quote.

What was chosen travels in the addresses of the pages, so that going back works and nothing is kept before the end. It
is looked at anew on each page, and what it costs is worked out here: there is nothing in it to tamper with.
"""

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.files import as_pdf
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from kit.web.typed_text import no_addresses
from licences import programmes
from licences.billing import papers
from licences.billing.years import LicenceYear
from licences.documents.quote import undrawable
from licences.guard import public, viewer_or_none
from licences.programmes import ProgrammeFacts
from licences.quotes import accepting, making, paper
from licences.quotes.making import MOST_SEATS, Asked, Asker, Cost
from licences.register import lookup
from licences.register.lookup import EntryFacts, Found
from licences.web import entering
from licences.web.choices import first_capital

LONGEST_NAME = 120
NOT_DRAWN = "Our documents cannot show these signs: {}. Leave them out, or write the name in other letters."


class OrganisationForm(forms.Query):
    """The organisation's name, typed or looked up."""

    organisation = forms.text(
        "Name of the organisation", missing="Write the name of the organisation", max_length=LONGEST_NAME,
        checks=[no_addresses],
    )  # fmt: skip


class SeatsForm(forms.Query):
    """How much of it, and when."""

    seats = forms.whole_number(
        "Seats", missing="Write how many trainers will use it", hint="One for each trainer who delivers the programme.",
        least=1, most=MOST_SEATS,
    )  # fmt: skip
    year = forms.choice(
        "Licence year", [(year.name.lower(), first_capital(year.value)) for year in LicenceYear],
        missing="Choose when the licence year begins",
    )  # fmt: skip


class AskerForm(forms.Form):
    """Whom the quote is for."""

    name = forms.text(
        "Your name", missing="Write your name", max_length=LONGEST_NAME, autocomplete="name", checks=[no_addresses]
    )
    email = forms.email("Your e-mail address", missing="Write your e-mail address", hint="The quote is sent here.")


@dataclass(frozen=True)
class Chosen:
    """What is chosen so far."""

    programme: ProgrammeFacts
    organisation: str
    entry: EntryFacts | None

    @property
    def query(self) -> dict[str, str]:
        """As it stands in the next address."""
        entry = {"entry": self.entry.reference} if self.entry else {}
        return {"organisation": self.organisation} | entry


def add_to(made: Blueprint) -> None:
    """Puts these pages on the blueprint of the programmes."""
    made.get("/programmes/<int:programme_id>/quote")(organisation)
    made.get("/programmes/<int:programme_id>/quote/seats")(seats)
    made.get("/programmes/<int:programme_id>/quote/you")(you)
    made.post("/programmes/<int:programme_id>/quote/you")(you_post)
    made.get("/quotes/<secret>")(quote)
    made.get("/quotes/<secret>/quote.pdf")(quote_pdf)


@public
def organisation(programme_id: int) -> str:
    """Which organisation: looked up in the register, or typed."""
    return _organisation_page(programmes.programme(db(), programme_id), OrganisationForm(request.args))


@public
def seats(programme_id: int) -> str | tuple[str, int]:
    """How many seats, and which licence year."""
    programme = programmes.programme(db(), programme_id)
    chosen, form = _chosen(programme)
    if chosen is None:
        return _organisation_page(programme, form), 400
    return _seats_page(chosen, SeatsForm(request.args))


@public
def you(programme_id: int) -> str | tuple[str, int]:
    """What it costs, and whom the quote is for."""
    return _you(programme_id, AskerForm())


@public
@writes
def you_post(programme_id: int) -> Response | str | tuple[str, int]:
    """Makes the quote and leads to it."""
    form = AskerForm()
    if not form.validate() or not _can_be_drawn(form, "name", form.name.data):
        return _as_refused(_you(programme_id, form), 400)
    found = _all_chosen(programme_id)
    if len(found) == 2:
        return found
    chosen, asked, _ = found
    entry = chosen.entry.reference if chosen.entry else None
    asker = Asker(chosen.organisation, entry, form.name.data, form.email.data)
    place = entering.network_place()
    try:
        secret = making.make(writing(), house().clock, house().letterhead, asked, asker, place=place)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _as_refused(_you(programme_id, form), 429)
    return redirect(url_for(".quote", secret=secret), code=303)


@public
def quote(secret: str) -> Response:
    """A quote, for whoever has its link."""
    found = making.quote(db(), secret)
    page = render_template(
        "licences/quote.html",
        quote=found,
        secret=secret,
        stands=making.stands(house().clock, found),
        became=accepting.became(db(), secret),
        mine=viewer_or_none(),
        percent=paper.percent,
        address=house().links.to(making.path_of(secret)),
    )
    return unlisted(make_response(page))


@public
def quote_pdf(secret: str) -> Response:
    """The same on paper."""
    found = making.quote(db(), secret)
    sender = papers.sender(db(), house().letterhead)
    data = paper.paper(found, sender, address=house().links.to(making.path_of(secret)))
    return unlisted(as_pdf(data, f"quote-{found.reference}.pdf"))


def unlisted(response: Response) -> Response:
    """No search engine lists it, and no page that it leads to learns its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _chosen(programme: ProgrammeFacts) -> tuple[Chosen | None, OrganisationForm]:
    """The organisation that the address names; None, with the form told, for none."""
    entry = _entry()
    form = OrganisationForm(request.args)
    if entry is not None:
        return Chosen(programme, entry.name[:LONGEST_NAME], entry), form
    if not form.validate() or not _can_be_drawn(form, "organisation", form.organisation.data):
        return None, form
    return Chosen(programme, form.organisation.data, None), form


def _all_chosen(programme_id: int) -> tuple[Chosen, Asked, Cost] | tuple[str, int]:
    """What was chosen on the pages before; or the page on which something is missing."""
    programme = programmes.programme(db(), programme_id)
    chosen, organisation_form = _chosen(programme)
    if chosen is None:
        return _organisation_page(programme, organisation_form), 400
    form = SeatsForm(request.args)
    if not form.validate():
        return _seats_page(chosen, form), 400
    asked = Asked(programme_id, form.seats.data, LicenceYear[form.year.data.upper()])
    try:
        return chosen, asked, making.cost_of(db(), house().clock, asked)
    except Refused as refusal:
        form.refuse(refusal)
        return _seats_page(chosen, form), 409


def _you(programme_id: int, form: AskerForm) -> str | tuple[str, int]:
    found = _all_chosen(programme_id)
    if len(found) == 2:
        return found
    chosen, asked, cost = found
    query = chosen.query | {"seats": str(asked.seats), "year": asked.year.name.lower()}
    return render_template(
        "licences/quote_you.html",
        form=form,
        chosen=chosen,
        asked=asked,
        cost=cost,
        query=query,
        percent=paper.percent,
    )


def _as_refused(page: str | tuple[str, int], status: int) -> str | tuple[str, int]:
    return (page, status) if isinstance(page, str) else page


def _can_be_drawn(form: forms.Form, field: str, text: str) -> bool:
    missing = undrawable(text)
    if missing:
        form.refuse(NOT_DRAWN.format(" ".join(missing)), field)
    return not missing


def _entry() -> EntryFacts | None:
    try:
        return lookup.entry(db(), request.args.get("entry", ""))
    except NotThere:
        return None


def _organisation_page(programme: ProgrammeFacts, form: OrganisationForm) -> str:
    asked = request.args.get("q", "")[:LONGEST_NAME]
    return render_template(
        "licences/quote_organisation.html",
        programme=programme,
        form=form,
        asked=asked,
        found=lookup.look_up(db(), asked) if asked else Found(),
        read_at=lookup.read_last(db()),
    )


def _seats_page(chosen: Chosen, form: SeatsForm) -> str:
    return render_template("licences/quote_seats.html", chosen=chosen, form=form)
