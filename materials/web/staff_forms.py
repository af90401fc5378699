"""The forms of materials and editions, and how a change note's “where” is read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wtforms.validators import ValidationError

from kit.web import forms
from materials.editions import Change
from materials.kinds import MaterialKind
from materials.library import MaterialFacts, Uses

LINES_SHOWN = 3
MOST_LINES = 30
USES = (
    ("print", "Print it, for themselves and co-trainers"),
    ("project", "Show its pages on a screen in a course"),
    ("adapt", "Adapt examples to their area"),
    ("hand_out", "Hand it out to delegates (one small line in place of the full stamp)"),
)
NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}", re.ASCII)
_PAGES = re.compile(
    r"(?:pages?|pp?\.?)?\s*([0-9]{1,5}(?:\s*(?:-|–|—|to|,|and)\s*[0-9]{1,5})*)", re.ASCII | re.IGNORECASE
)
_RANGE = re.compile(r"([0-9]+)(?:\s*(?:-|–|—|to)\s*([0-9]+))?", re.ASCII)


# Fields are told apart, and their errors listed, in the order in which they are written here: that of the pages.


class InProgramme(forms.Form):
    """Which programme a new material belongs to."""

    programme = forms.pick("Programme", missing="Choose the programme that it belongs to")


class MaterialForm(forms.Form):
    """A material's words and what trainers may do with it."""

    title = forms.text("Title", missing="Write the title as trainers know it", max_length=120)
    description = forms.long_text(
        "Description", missing="Say in a sentence or two what it is", max_length=2000, rows=4,
        hint="Trainers read this above the button with which they take a copy.",
    )  # fmt: skip
    kind = forms.choice(
        "What is it?", [(kind.value, kind.value.capitalize()) for kind in MaterialKind], missing="Choose what it is"
    )
    uses = forms.several("What may trainers do with it?", USES, hint="Leave all empty if they may only read it.")

    @property
    def chosen(self) -> Uses:
        picked = set(self.uses.data or ())
        return Uses("print" in picked, "project" in picked, "adapt" in picked, "hand_out" in picked)


class NewMaterialForm(InProgramme, MaterialForm):
    """The form of a material that is not there yet."""


class FileForm(forms.Form):
    """A file for a draft."""

    file = forms.file("The PDF", endings=["pdf"])


class NumberedFile(FileForm):
    """A file and the number of its edition."""

    number = forms.text(
        "Edition number", missing="Write the edition’s number", max_length=12, width=5, hint="For example, 3.3"
    )

    def validate_number(self, field: Any) -> None:
        """Figures with dots between them: they are sorted and spoken of as numbers."""
        if not NUMBER.fullmatch(field.data):
            raise ValidationError("Write figures with a dot between them, such as 3.3.")


class ChangeLine(forms.Part):
    """One line of a change note. A line left empty does not count."""

    place = forms.text("Where", max_length=120)
    text = forms.text("What is different", max_length=1000, markup=True)
    must_read = forms.tick("Must be read before the next delivery")

    @property
    def is_empty(self) -> bool:
        return not (self.place.data or self.text.data or self.must_read.data)

    @property
    def change(self) -> Change:
        return Change(tidy_place(self.place.data), self.text.data, bool(self.must_read.data))

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Half a line is a mistake."""
        fine = bool(super().validate(extra_validators))
        if self.is_empty:
            return fine
        if not self.place.data:
            self.place.errors = [*self.place.errors, "Write the pages, or the name of the section."]
        if not self.text.data:
            self.text.errors = [*self.text.errors, "Say what is different there."]
        return fine and bool(self.place.data and self.text.data)


class ChangesForm(forms.Form):
    """The change note of a draft."""

    lines = forms.parts(ChangeLine, least=LINES_SHOWN, most=MOST_LINES)

    def problems(self) -> list[forms.Problem]:
        """What is wrong, with the number of the line where it is."""
        return [self._told(problem) for problem in super().problems()]

    @staticmethod
    def _told(problem: forms.Problem) -> forms.Problem:
        found = re.fullmatch(r"lines-([0-9]+)-.*", problem.anchor)
        return forms.Problem(f"Line {int(found[1]) + 1}: {problem.text}", problem.anchor) if found else problem

    @property
    def changes(self) -> list[Change]:
        return [line.form.change for line in self.lines if not line.form.is_empty]

    def add_line(self) -> None:
        """One more empty line, up to the most."""
        if len(self.lines) < MOST_LINES:
            self.lines.append_entry()

    def refuse_pages(self, page_count: int | None) -> None:
        """Leaves a message at each line whose pages are not in the file."""
        for line in self.lines:
            words = wrong_pages(line.form.place.data, page_count)
            if words:
                line.form.place.errors = [*line.form.place.errors, words]
                self.lines.errors = [*self.lines.errors, line.form.errors]


class NewEditionForm(NumberedFile, ChangesForm):
    """A file with its number; the change note may wait."""


class WithdrawForm(forms.Form):
    """Why an edition is withdrawn; trainers read it."""

    reason = forms.long_text(
        "Reason", missing="Say why, for the trainers who hold it", max_length=500, rows=3,
        hint="Trainers read it beside the edition. For example: page 56 gives a helpline that has closed.",
    )  # fmt: skip


def filled_in(facts: MaterialFacts) -> MaterialForm:
    """The form of a material as it is."""
    uses = facts.uses
    ticked = {"print": uses.print, "project": uses.project, "adapt": uses.adapt, "hand_out": uses.hand_out}
    return MaterialForm(
        title=facts.title,
        description=facts.description,
        kind=facts.kind.value,
        uses=[name for name, may in ticked.items() if may],
    )


def with_lines(changes: Sequence[Change]) -> ChangesForm:
    """The form of a change note as it is, with at least one empty line at its end."""
    told = [{"place": one.place, "text": one.text, "must_read": one.must_read} for one in changes]
    form = ChangesForm(lines=told)
    if len(told) >= LINES_SHOWN:
        form.add_line()
    return form


def next_number(numbers: Sequence[str]) -> str:
    """The number that usually follows: the last figure of the highest one and one more; “1.0” for the first."""
    known = [tuple(int(part) for part in number.split(".")) for number in numbers if NUMBER.fullmatch(number)]
    if not known:
        return "1.0"
    *kept, last = max(known)
    return ".".join(map(str, [*kept, last + 1]))


def tidy_place(typed: str) -> str:
    """“12-13” and “p. 12” in one way: “Pages 12–13”, “Page 12”. The name of a section stays as it is."""
    found = _PAGES.fullmatch(typed)
    if not found:
        return typed
    ranges = [f"{first}–{last}" if last else first for first, last in _RANGE.findall(found[1])]
    return f"{'Page' if len(ranges) == 1 and '–' not in ranges[0] else 'Pages'} {', '.join(ranges)}"


def wrong_pages(typed: str, page_count: int | None) -> str:
    """What is wrong with the pages of a line, or nothing. Pages count from the first of the file."""
    found = _PAGES.fullmatch(typed or "")
    if not found:
        return ""
    for first, last in _RANGE.findall(found[1]):
        if last and int(last) < int(first):
            return f"Page {last} comes before page {first}. Write the smaller one first."
        if int(first) < 1 or (page_count is not None and int(last or first) > page_count):
            most = f" The file has {page_count} pages." if page_count else ""
            return f"{most} Write a page from 1{f' to {page_count}' if page_count else ' on'}.".strip()
    return ""
