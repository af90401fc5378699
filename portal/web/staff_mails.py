"""Every mail the portal wrote: to whom, whether it arrived, its words, and sending it again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit import mail
from kit.audit import Subject, record
from kit.clock import london
from kit.keyset import key_of
from kit.mail import MailMessage, MailQuery, State
from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.listing import Filters, Listing
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import allowed, viewer
from licences.policy import Action

# Staff read what became of a mail, not what the queue calls it.
OUTCOMES = {State.QUEUED: "Waiting", State.SENT: "Sent", State.FAILED: "Came back"}
TONES = {State.QUEUED: "slate", State.SENT: "moss", State.FAILED: "brick"}


class MailsForm(Filters):
    """What to look for."""

    q = forms.text("Name, address or subject", max_length=254)
    state = forms.pick("What became of it")

    @property
    def query(self) -> MailQuery:
        state = State(self.state.data) if self.state.data else None
        return MailQuery(words=self.q.data, state=state, since=self.begins, until=self.ends)


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/mails")(all_mails)
    made.get("/mails.csv")(mails_csv)
    made.get("/mails/<int:mail_id>")(one_mail)
    made.post("/mails/<int:mail_id>/send-again")(send_again_post)


@allowed(Action.SEE_MAILS)
def all_mails() -> str | tuple[str, int]:
    """The mails that fit, newest first."""
    return MAILS.page(_form(), outcomes=OUTCOMES, tones=TONES)


@allowed(Action.SEE_MAILS)
def mails_csv() -> Response | str | tuple[str, int]:
    """The same, all of them, for a spreadsheet; without their words."""
    return MAILS.download(_form(), outcomes=OUTCOMES, tones=TONES)


@allowed(Action.SEE_MAILS)
def one_mail(mail_id: int) -> str:
    """One mail: what became of it, and its words unless they held a link that works once."""
    return _mail_page(mail_id)


@allowed(Action.SEE_MAILS)
@writes
def send_again_post(mail_id: int) -> Response | tuple[str, int]:
    """Sends a mail once more."""
    try:
        again = mail.send_again(writing(), house().clock, house().letterhead, mail_id)
    except Refused as refusal:
        roll_back()
        return _mail_page(mail_id, str(refusal)), 409
    row = mail.mail_with_id(writing(), again)
    subject = Subject("mail", again, row.subject)
    record(writing(), house().clock, viewer().actor, "mail sent again", subject, to=row.to_address)
    flash(f"It is on its way to {row.to_address} again.", "moss")
    return redirect(url_for(".one_mail", mail_id=again), code=303)


def _mail_page(mail_id: int, refused: str = "") -> str:
    found = mail.mail_with_id(db(), mail_id)
    return render_template("portal/mail.html", mail=found, outcomes=OUTCOMES, tones=TONES, refused=refused)


def _cells(row: MailMessage) -> tuple[object, ...]:
    return (
        f"{london(row.queued_at):%Y-%m-%d %H:%M}",
        row.to_name,
        row.to_address,
        row.subject,
        OUTCOMES[row.state],
        f"{london(row.sent_at):%Y-%m-%d %H:%M}" if row.sent_at else "",
        row.last_error or "",
    )


MAILS: Listing[MailsForm, MailMessage] = Listing(
    name="mails",
    template="portal/mails.html",
    fetch=lambda session, form, span: mail.mails(session, form.query, span),
    key=lambda row: key_of(row.queued_at, row.id),
    heads=("Written", "To", "Address", "Subject", "Outcome", "Sent", "What the mail server said"),
    cells=_cells,
)


def _form() -> MailsForm:
    form = MailsForm(request.args)
    form.state.choices = [("", "Any"), *((state.value, words) for state, words in OUTCOMES.items())]
    return form
