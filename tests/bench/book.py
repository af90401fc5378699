"""How long the sample manual takes to make as an accessible book: `python -m tests.bench.book [rounds]`.

Beside it, in the same run, ReportLab's own layout of the same words as plain paragraphs: no tags, no places, no tables,
no bookmarks. What the book costs more is what it is worth more. CPU seconds, since nothing here waits.
"""

import html
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from materials.documents.book import build_book
from tests.bench.stamping import verdict

CONTENT = Path(__file__).parents[2] / "sandbox" / "content" / "trainer-manual"
BAR = 43.0  # milliseconds of CPU for a page: a manual of 70 pages in 3 s, so that staff see theirs while they wait


def plain(markdown: str, path: Path) -> None:
    """The same words, a paragraph for each block of lines."""
    style = getSampleStyleSheet()["BodyText"]
    blocks: list[Flowable] = [Paragraph(html.escape(block), style) for block in markdown.split("\n\n") if block.strip()]
    SimpleDocTemplate(str(path)).build(blocks)


def cpu_seconds(work: Callable[[], object], rounds: int) -> float:
    """The median of so many rounds, after one that warms up."""
    times = []
    for _ in range(rounds + 1):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times[1:])


def main(rounds: int) -> None:
    """Measures and prints."""
    markdown = "\n\n".join(part.read_text() for part in sorted(CONTENT.glob("*.md")))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "book.pdf")
        pages = build_book(markdown, path).pages
        book = cpu_seconds(lambda: build_book(markdown, path), rounds)
        beside = cpu_seconds(lambda: plain(markdown, path), rounds)
    print(f"{pages} pages in {book:.2f} s of CPU, {book / beside:.2f} × the same words as plain paragraphs")
    print(verdict("A page of an accessible book", book / pages * 1000, BAR, "ms"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
