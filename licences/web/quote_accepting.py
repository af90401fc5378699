"""Ordering by a quote: a licence manager accepts it on one page; somebody new asks to be set up."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.billing import notices, orders, parts
from licences.guard import allowed, in_person, public, viewer
from licences.people.legal import LegalVersion
from licences.policy import Action
from licences.quotes import accepting, making, paper
from licences.quotes.accepting import Agreed
from licences.web.choices import two_parts
from licences.web.quote_pages import unlisted


class AcceptForm(forms.Form):
    """The number, if it is here, and two boxes that nobody ticks beforehand."""

    po_number = forms.text(
        "Purchase order number",
        hint="Leave it empty if it comes later. The licence opens when the number or the payment is here.",
        max_length=60,
        width=20,
    )
    in_two_parts = two_parts()
    terms = forms.tick("I accept the licence terms", missing="Tick the box to accept the licence terms")
    agreement = forms.tick(
        "I accept the data-processing agreement", missing="Tick the box to accept the data-processing agreement"
    )

    def name_texts(self, texts: tuple[LegalVersion, LegalVersion]) -> None:
        """Says at each box which version of which text it is about, and for whom it is accepted."""
        for field, text in zip((self.terms, self.agreement), texts, strict=True):
            field.label.text = f"I accept “{text.title}”, version {text.version}, for {viewer().organisation_name}"


def add_to(made: Blueprint) -> None:
    """Puts these pages on the blueprint of the programmes."""
    made.get("/quotes/<secret>/accept")(accept)
    made.post("/quotes/<secret>/accept")(accept_post)
    made.post("/quotes/<secret>/set-up")(set_up_post)


@allowed(Action.RENEW)
def accept(secret: str) -> Response:
    """What is ordered, for whom, and what is agreed to."""
    making.quote(db(), secret)
    return _accept_page(secret, AcceptForm())


@allowed(Action.RENEW)
@in_person
@writes
def accept_post(secret: str) -> Response:
    """Sends the order, and leads to it."""
    making.quote(db(), secret)
    form = AcceptForm()
    if not form.validate():
        return _accept_page(secret, form, 400)
    agreed = Agreed(_version("terms"), _version("agreement"), form.po_number.data or None, form.in_two_parts.data)
    session, clock, letterhead = writing(), house().clock, house().letterhead
    try:
        order_id = accepting.accept(session, clock, viewer(), letterhead, secret, agreed)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        if refusal.field in ("terms", "agreement"):
            form[refusal.field].data = False  # the box was ticked for another version
        return _accept_page(secret, form, 409)
    notices.catch_up(session, clock, letterhead, orders.order_facts(session, order_id).licence_id)
    return redirect(url_for("organisation.one_order", order_id=order_id), code=303)


@public
@writes
def set_up_post(secret: str) -> Response:
    """Tells the programme team that somebody without an account would order by this quote."""
    making.quote(db(), secret)
    try:
        accepting.ask_to_be_set_up(writing(), house().clock, house().letterhead, secret)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    else:
        flash("The programme team knows. A person writes to you within one working day.", "moss")
    return redirect(url_for(".quote", secret=secret), code=303)


def _version(text: str) -> int:
    """The version of a text that was on the page."""
    return request.form.get(f"{text}_version", 0, type=int)


def _accept_page(secret: str, form: AcceptForm, status: int = 200) -> Response:
    """The form; or for whom it is not, who can, and what they can do instead."""
    quote, texts = making.quote(db(), secret), accepting.texts(db())
    try:
        accepting.refuse_elsewhere(db(), secret, viewer())
    except Refused as refusal:
        page = render_template("licences/quote_elsewhere.html", quote=quote, secret=secret, refusal=refusal.message)
        return unlisted(make_response(page, 403))
    if texts:
        form.name_texts(texts)
    page = render_template(
        "licences/quote_accept.html",
        quote=quote,
        secret=secret,
        form=form,
        texts=texts,
        became=accepting.became(db(), secret),
        stands=making.stands(house().clock, quote),
        can_be_in_two_parts=parts.turn_of_year(quote.cost.starts_on, quote.cost.ends_on) is not None,
        percent=paper.percent,
    )
    return unlisted(make_response(page, status))
