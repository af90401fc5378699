"""The share of lines that the tests reach, by package: `make coverage` prints it from what the run has left."""

import sys
from collections import defaultdict
from pathlib import Path

import coverage

ROOT = Path(__file__).parents[1]


def by_package(measured: coverage.Coverage) -> dict[str, tuple[int, int]]:
    """How many lines each package has, and how many of them were never reached; `package.part` for its parts."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path in measured.get_data().measured_files():
        _, lines, _, missing, _ = measured.analysis2(path)
        folders = Path(path).relative_to(ROOT).parent.parts
        for name in {folders[0], ".".join(folders)}:
            found[name][0] += len(lines)
            found[name][1] += len(missing)
    return {name: (lines, missing) for name, (lines, missing) in sorted(found.items())}


def main() -> int:
    """Prints the table, and the ten modules with the most lines that nothing reaches."""
    measured = coverage.Coverage()
    measured.load()
    for name, (lines, missing) in by_package(measured).items():
        print(f"{name:32} {lines:6} lines {100 * (lines - missing) / max(lines, 1):6.1f} %")
    left = {path: len(measured.analysis2(path)[3]) for path in measured.get_data().measured_files()}
    for path in sorted(left, key=left.__getitem__, reverse=True)[:10]:
        print(f"{left[path]:5} lines not reached in {Path(path).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
