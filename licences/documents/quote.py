"""A quote on paper: what, for whom, at which price, and until when it stands."""

from dataclasses import dataclass

from licences.documents.sheet import Grid, Section, Sheet, build_sheet
from licences.documents.sheet import drawable as drawable
from licences.documents.sheet import undrawable as undrawable


@dataclass(frozen=True)
class QuoteSheet:
    """What stands on the paper, in words already. `lines` are (what, amount); the last one is the sum."""

    brand: str
    title: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    address: str


def build_quote(sheet: QuoteSheet) -> bytes:
    """The PDF. Raises `kit.pdf.tags_text.UndrawableTextError` for characters that `undrawable` finds."""
    sections = (
        Section(facts=sheet.facts),
        Section("What it costs", grid=Grid(("What", "Amount"), sheet.lines, (0.7, 0.3))),
        Section("What to know", notes=sheet.notes, address=sheet.address),
    )
    return build_sheet(Sheet(sheet.brand, sheet.title, sections))
