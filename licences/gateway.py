"""What we need of whoever collects money by card and Direct Debit, in our own words. `stripe_gateway` answers it.

Nothing that is told is believed: a message says which bill to look at, and the bill is fetched again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from licences.kinds import InvoiceState, PaymentKind


class CannotReach(Exception):
    """Whoever collects did not answer, or asks us to wait. What was asked may have been done: ask with the same key."""


class Declined(Exception):
    """Whoever collects says no, and would say it again. The words are theirs."""


class Untrusted(Exception):
    """A message that is not from whoever collects, or not for us. The words say why."""


class PageState(StrEnum):
    """How far a page is on which somebody pays."""

    OPEN = "open"
    COMPLETE = "complete"
    CLOSED = "closed"


@dataclass(frozen=True)
class Payer:
    """Who pays, as it stands on the bill: the organisation, and where its money questions go."""

    name: str
    email: str


@dataclass(frozen=True)
class Asked:
    """What somebody is asked to pay, frozen before the first call, so that each repeated call is the same.

    `key` is random and stands behind every call and on the bill that comes of it: by it the bill is known as ours.
    """

    key: str
    order_id: int
    words: str
    net_pence: int
    vat_basis_points: int
    po_number: str | None


@dataclass(frozen=True)
class Page:
    """A page of theirs on which one order is paid; `address` is empty once it is closed."""

    ref: str
    address: str
    state: PageState
    bill_ref: str | None


@dataclass(frozen=True)
class BillLine:
    """One line of a bill with its own VAT, in pence and basis points."""

    words: str
    net_pence: int
    vat_basis_points: int
    vat_pence: int


@dataclass(frozen=True)
class Came:
    """Money that came for a bill. `lost_on` is the day from which the payer's bank has it back for good.

    `is_elsewhere`: it did not come by them; somebody told them that it came, which may have been us.
    """

    ref: str
    kind: PaymentKind
    amount_pence: int
    paid_on: date
    refunded_pence: int = 0
    lost_on: date | None = None
    is_elsewhere: bool = False


@dataclass(frozen=True)
class Credited:
    """What a credit note says by which less is owed: its number, pence with VAT, the day of its issue and why."""

    number: str
    amount_pence: int
    issued_on: date
    reason: str


@dataclass(frozen=True)
class Bill:
    """A bill as it stands now. `key` is that of what we asked for; None for a bill that is not of our making.

    `failed_on` is the first day on which collecting it failed, None when it did not or was made good; `disputed_on` the
    day since which a payment is disputed and nothing is decided; `address` is where it can be paid.
    """

    ref: str
    key: str | None
    number: str
    po_number: str | None
    issued_on: date
    due_on: date
    state: InvoiceState
    lines: tuple[BillLine, ...]
    came: tuple[Came, ...]
    credits: tuple[Credited, ...]
    is_in_flight: bool
    failed_on: date | None
    disputed_on: date | None
    given_up_on: date | None
    address: str


@dataclass(frozen=True)
class Told:
    """A message: its id, what kind of thing it says, and the id of what it is about."""

    id: str
    kind: str
    about: str


class Gateway(Protocol):
    """Collects money. Every call may raise `CannotReach` or `Declined`."""

    def payer(self, key: str, payer: Payer) -> str:
        """Makes somebody known who pays, once for each key; returns their id over there."""
        ...

    def open_page(self, asked: Asked, payer_ref: str, *, back: str, away: str) -> Page:
        """Opens a page for what is asked, once for each key. It leads `back` when it was gone through, else `away`."""
        ...

    def page(self, ref: str) -> Page:
        """The page as it is now."""
        ...

    def send_bill(self, asked: Asked, payer_ref: str, *, days: int) -> str:
        """Makes a bill final that is to be paid within so many days, once for each key; returns its id over there."""
        ...

    def bill(self, ref: str) -> Bill | None:
        """The bill as it is now; None while it is a draft."""
        ...

    def paid_elsewhere(self, ref: str) -> None:
        """Has a bill count as paid over there, for money that came to us. One that is settled stays as it is."""
        ...

    def bill_of(self, told: Told) -> str | None:
        """The id of the bill that a message is about; None when it is about something else, or gone."""
        ...

    def believe(self, body: bytes, signature: str) -> Told:
        """What a message says that came to our door. Raises `Untrusted`."""
        ...

    def told_since(self, last: str | None) -> Iterator[Told]:
        """Every message after the one with this id, or all that are still kept, oldest first."""
        ...

    def bills(self) -> Iterator[str]:
        """The ids of all bills of our making."""
        ...
