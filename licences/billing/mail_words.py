"""What may stand in the mails about money whose words staff change: each variable, its value, and an example of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.clock import in_words
from kit.mail import Letterhead, wording
from kit.mail.wording import Fault, Wording
from kit.money import pounds
from licences.billing.account import InvoiceFacts
from licences.billing.payee import PayeeFacts

Words = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of mail: what it is, to whom it goes, which variables it knows, and which of them it cannot do without."""

    title: str
    goes_to: str
    variables: tuple[str, ...]
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variable:
    """How a variable is filled in from what the mail is about, and an example of it."""

    value: Callable[[Words, Letterhead], str]
    example: str


def _invoice(read: Callable[[InvoiceFacts], str], example: str) -> Variable:
    return Variable(lambda words, _: read(words["invoice"]), example)


def _licence(read: Callable[[Any], str], example: str) -> Variable:
    return Variable(lambda words, _: read(words["licence"]), example)


def _page(read: Callable[[Words], str], example: str) -> Variable:
    return Variable(lambda words, letterhead: letterhead.links.to(read(words)), example)


def _order(invoice: InvoiceFacts) -> str:
    return f"purchase order {invoice.po_number}" if invoice.po_number else "no purchase order"


def _with_vat(invoice: InvoiceFacts) -> str:
    vat = f", of which {pounds(invoice.vat_pence)} is VAT" if invoice.vat_pence else ""
    return pounds(invoice.owed_pence) + vat


def _too_much(invoice: InvoiceFacts) -> str:
    if not invoice.too_much_pence:
        return ""
    return f"That is {pounds(invoice.too_much_pence)} more than was owed: we write to you about it."


def _follows(words: Words) -> str:
    day = in_words(words["stops"])
    if words["invoice"].lines and words["licence"].standing.gives_copies:
        return (
            f"Your trainers go on as before. What it pays for stops on {day} if it is not paid by then, and goes on"
            " again once it is."
        )
    return f"It is to be paid before {day}."


def _runs(words: Words) -> str:
    licence, begins = words["licence"], in_words(words["begins"])
    about = f"The licence of {licence.organisation_name} for {licence.programme_name}"
    if words["ended"]:
        return f"{about} runs until {in_words(words['ended'])}. The next licence year begins on {begins}."
    return f"{about} waits for its purchase order. The licence year begins on {begins}."


def _account(words: Words) -> str:
    payee: PayeeFacts | None = words.get("payee")
    if payee is None:
        return ""
    lines = (
        f"Account name: {payee.account_name}",
        f"Sort code: {payee.sort_code_in_pairs}",
        f"Account number: {payee.account_number}",
        f"Reference: {words['invoice'].number}",
    )
    return "\n".join(lines)


# Our bank details change only by two people, see `payee`: nobody writes others into a mail alone.
ACCOUNT = re.compile(
    r"\b\d{2}[ –-]\d{2}[ –-]\d{2}\b|\b\d{8}\b|\bsort[ -]?code|\baccount (?:name|number)|\bIBAN\b",
    re.ASCII | re.IGNORECASE,
)
_RUNS = "The licence of Lakeshire Council for Attachment Based Mentoring runs until 31 March 2027."
_AT = "https://portal.example"
VARIABLES: dict[str, Variable] = {
    "organisation": _licence(lambda one: str(one.organisation_name), "Lakeshire Council"),
    "programme": _licence(lambda one: str(one.programme_name), "Attachment Based Mentoring"),
    "standing of the licence": _licence(lambda one: str(one.standing.reason), "Paid until 31 March 2027."),
    "next step": _licence(lambda one: str(one.standing.next_step), "Copies open again the moment it is paid."),
    "our name": Variable(lambda _, letterhead: letterhead.brand_name, "Secure Base"),
    "invoice number": _invoice(lambda one: one.number, "SB-0117"),
    "purchase order": _invoice(_order, "purchase order 4500012345"),
    "day of issue": _invoice(lambda one: in_words(one.issued_on), "1 March 2027"),
    "last day to pay": _invoice(lambda one: in_words(one.due_on), "31 March 2027"),
    "to pay": _invoice(lambda one: pounds(one.owed_pence), "£1,380.00"),
    "to pay and VAT": _invoice(_with_vat, "£1,380.00, of which £230.00 is VAT"),
    "paid": _invoice(lambda one: pounds(one.paid_pence), "£1,380.00"),
    "paid too much": _invoice(_too_much, "That is £20.00 more than was owed: we write to you about it."),
    "what follows if it is not paid": Variable(
        lambda words, _: _follows(words), "Your trainers go on as before until 30 May 2027."
    ),
    "bank details": Variable(
        lambda words, _: _account(words),
        "Account name: Secure Base\nSort code: 12-34-56\nAccount number: 12345678\nReference: SB-0117",
    ),
    "first day of the year": Variable(lambda words, _: in_words(words["begins"]), "1 April 2027"),
    "until when the licence runs": Variable(lambda words, _: _runs(words), _RUNS),
    "invoices page": _page(lambda _: "/organisation/invoices", f"{_AT}/organisation/invoices"),
    "organisation page": _page(lambda _: "/organisation", f"{_AT}/organisation"),
    "renewal page": _page(lambda words: str(words["path"]), f"{_AT}/organisation/licences/7/renew"),
    "last day of the licence": Variable(lambda words, _: in_words(words["ends"]), "31 March 2027"),
    "page to change one’s mind": _page(lambda words: str(words["path"]), f"{_AT}/organisation/licences/7/not-renewing"),
    "link to pay": _page(lambda words: str(words["pay_path"]), f"{_AT}/pay/nQ7v…"),
}
_ALWAYS = ("organisation", "programme", "our name")
_BILL = ("invoice number", "purchase order", "day of issue", "last day to pay", "to pay", "to pay and VAT")
_STANDS = ("standing of the licence", "next step", "organisation page", "invoices page")
MANAGERS = "licence managers"
KINDS: dict[str, Kind] = {
    "payables": Kind(
        "Invoice, as a file", "finance contacts", (*_ALWAYS, *_BILL, "bank details", "link to pay"), ("link to pay",)
    ),
    "invoice": Kind("Invoice recorded", MANAGERS, (*_ALWAYS, *_BILL, *_STANDS)),
    "overdue": Kind(
        "Invoice not paid in time", MANAGERS, (*_ALWAYS, *_BILL, *_STANDS, "what follows if it is not paid")
    ),
    "suspended": Kind("Copies have stopped", MANAGERS, (*_ALWAYS, *_STANDS)),
    "restored": Kind("Copies are open again", MANAGERS, (*_ALWAYS, *_STANDS)),
    "receipt": Kind("Payment came", MANAGERS, (*_ALWAYS, *_BILL, *_STANDS, "paid", "paid too much")),
    "purchase_order": Kind(
        "Purchase order asked for", MANAGERS,
        (*_ALWAYS, "first day of the year", "until when the licence runs", "renewal page"), ("renewal page",),
    ),
    "ending": Kind(
        "Licence is not renewed", MANAGERS, (*_ALWAYS, "last day of the licence", "page to change one’s mind"),
        ("last day of the licence",),
    ),
    "continuing": Kind("Licence is renewed after all", MANAGERS, (*_ALWAYS, "organisation page")),
}  # fmt: skip


def template_of(kind: str) -> str:
    """The name by which the outbox knows a kind."""
    return f"licences/{kind}"


def faults(kind: str, words: Wording) -> Iterator[Fault]:
    """What is wrong with other words for a kind: see `wording.faults`; and bank details that are written by hand."""
    known = KINDS[kind]
    yield from wording.faults(words, known.variables, known.needed)
    for field, text in (("subject", words.subject), ("text", words.text)):
        if found := ACCOUNT.search(text):
            yield Fault(
                field,
                f"Leave out “{found[0]}”: our bank details change only with a second person, and are filled in.",
            )


def values(kind: str, words: Words, letterhead: Letterhead) -> dict[str, str] | None:
    """Every variable of a kind, filled in; None for a kind whose words nobody changes."""
    if kind not in KINDS:
        return None
    return {name: VARIABLES[name].value(words, letterhead) for name in KINDS[kind].variables}


def examples(kind: str) -> dict[str, str]:
    """Every variable of a kind with its example, for a preview."""
    return {name: VARIABLES[name].example for name in KINDS[kind].variables}
