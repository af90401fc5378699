"""The words of the money: what other packages may know of the tables in `ledger`."""

from enum import StrEnum


class OrderKind(StrEnum):
    """What is ordered: a stretch of the licence, or more seats within one that runs."""

    LICENCE = "licence"
    SEATS = "more seats"


class InvoiceState(StrEnum):
    """How an invoice stands. One that is open or given up is owed."""

    OPEN = "open"
    PAID = "paid"
    GIVEN_UP = "given up"
    VOID = "void"


class PaymentKind(StrEnum):
    """How money came."""

    TRANSFER = "bank transfer"
    CARD = "card"
    DIRECT_DEBIT = "Direct Debit"
    CHEQUE = "cheque"
