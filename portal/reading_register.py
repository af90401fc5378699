"""The register of schools and trusts, read from the command line."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from kit.audit import SYSTEM
from licences.register.reading import Read, read_file
from portal.settings import Settings
from portal.wiring import make_house


def read_files(settings: Settings, files: Sequence[Path], *, is_part: bool) -> Iterator[Read]:
    """Reads one file after the other, each whole or not at all, and says what came of each.

    Raises `licences.register.files.UnreadableFile` and `Refused`; the files before it stay read.
    """
    here = make_house(settings)
    with closing(here.database):
        for path in files:
            yield read_file(here.database, here.clock, SYSTEM, path, is_part=is_part)
