"""What several forms ask in the same words: enums of the product as choices, and back from what a query says."""

from enum import StrEnum
from typing import Any, TypeVar

from kit.web import forms

# In basis points; which of them is right is the licensor's decision, line by line.
VAT_RATES = (("0", "No VAT"), ("2000", "20%"), ("500", "5%"))

Words = TypeVar("Words", bound=StrEnum)


def first_capital(words: str) -> str:
    """The words as they stand at the beginning of a line."""
    return words[:1].upper() + words[1:]


def offered(enum: type[StrEnum], first: str = "") -> list[tuple[str, str]]:
    """An enum's members as choices; `first` names the choice of none."""
    choices = [(member.value, first_capital(member.value)) for member in enum]
    return [("", first), *choices] if first else choices


def read_as(enum: type[Words], value: str) -> Words | None:
    """The member that a query names, or None for anything else."""
    return next((member for member in enum if member.value == value), None)


def two_parts() -> Any:
    """Whether the invoice is wanted by financial years: a field of the form's own."""
    return forms.tick("Invoice it in two parts, 7/12 and 5/12", hint="For schools that account from April to March.")
