"""The journal: one line for each thing that happened, so that a stand-in started again knows all that it knew."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Rows = Mapping[str, dict[str, Any] | None]


class Journal:
    """A file of lines. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.path = folder / "stripe.jsonl" if folder else None

    def read(self) -> Iterator[tuple[dict[str, Any], Rows]]:
        """The facts and the changed rows of each line; a last line cut off by a crash never happened."""
        if self.path is None or not self.path.exists():
            return
        for line in self.path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                read = json.loads(line)
                yield read["facts"], read["rows"]

    def begin(self, facts: Mapping[str, Any], rows: Rows) -> None:
        """Starts the file anew with all that there is, whole or not at all."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        making = self.path.with_suffix(".part")
        making.write_text(_line(facts, rows))
        making.replace(self.path)

    def write(self, facts: Mapping[str, Any], rows: Rows) -> None:
        """Adds a line. It is with the system when this returns: a killed process loses nothing."""
        if self.path is None:
            return
        with self.path.open("a") as file:
            file.write(_line(facts, rows))


def _line(facts: Mapping[str, Any], rows: Rows) -> str:
    return json.dumps({"facts": facts, "rows": rows}) + "\n"
