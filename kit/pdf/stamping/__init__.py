"""Stamps: who a copy was made for, on each page, at the cost of copying the file.

`prepare()` runs once for each file and leaves room of a fixed length (a slot) for the personal words.
`personal_bytes()` fills the slots for one copy; `spliced()` sends any range of that copy, `write_copy()` keeps one on
disk. Nothing else in the file changes, so its length and its cross-reference table are the same for every copy; but a
name in a script that the house's typefaces lack is written with its own after the end of the file (`appending`).
"""

from kit.pdf.stamping.personal import personal_bytes, personal_text, size_of
from kit.pdf.stamping.prepared import Patch, Prepared, Slot, StampFacts, StampStyle
from kit.pdf.stamping.preparing import acts_by_itself, prepare
from kit.pdf.stamping.reading_back import ReadBackFailed, read_back
from kit.pdf.stamping.refusals import CannotPrepare, RefusalReason
from kit.pdf.stamping.setting import DoesNotFit, NameNotDrawable
from kit.pdf.stamping.splicing import ReadRange, segments, spliced, write_copy

__all__ = [
    "CannotPrepare",
    "DoesNotFit",
    "NameNotDrawable",
    "Patch",
    "Prepared",
    "ReadBackFailed",
    "ReadRange",
    "RefusalReason",
    "Slot",
    "StampFacts",
    "StampStyle",
    "acts_by_itself",
    "personal_bytes",
    "personal_text",
    "prepare",
    "read_back",
    "segments",
    "size_of",
    "spliced",
    "write_copy",
]
