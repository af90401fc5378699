"""Stamping a 40 MB manual beside `cp` and beside what else does it: `python -m tests.bench.stamping [rounds]`.

Each round runs every technique, the quick ones several times in changing order, each in a child of its own that has
imported and warmed what it needs, so that a slow moment of the machine falls on all of them. The figures are medians;
memory is what the child's peak grew by during the work.
"""

import gc
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kit.pdf.stamping import Prepared, StampFacts, StampStyle, personal_bytes, prepare, spliced, write_copy

PAGES = 300
PICTURE = (330, 400)  # pixels of noise: about 135 KB as JPEG at the quality below
ADDRESS = "https://portal.example/current/01ARZ3NDEKTSV4RRFFQ69G5FAV"
FACTS = StampFacts(
    "Siân Wójcik-O’Brien", "Lakeshire Council", "22 November 2026", "Edition 3.2", "7F3A-9C2K-XQ4M-0B7D-5TWE"
)
LINE = " · ".join((FACTS.name, FACTS.organisation, FACTS.date_text, FACTS.edition_label, FACTS.copy_code))

OTHER_SCRIPTS = StampFacts(
    "محمد علي الحسن", "深圳市教育局 प्रशिक्षण केंद्र", "22 November 2026", "Edition 3.2", "7F3A-9C2K-XQ4M-0B7D-5TWE"
)

WALL_BAR = 1.1  # × cp
SLOWER_BAR = 4.0  # × cp, for a name that needs typefaces of its own
MEMORY_BAR = 2.0  # MB
CPU_BAR = 1.0  # ms before the first byte


def manual(path: Path) -> None:
    """A manual whose pages are text over a picture that does not compress, as scans and photographs are."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(595.28, 841.89))
    for number in range(1, PAGES + 1):
        noise = Image.frombytes("RGB", PICTURE, os.urandom(3 * PICTURE[0] * PICTURE[1]))
        jpeg = io.BytesIO()
        noise.save(jpeg, "JPEG", quality=45, subsampling=0)
        jpeg.seek(0)
        canvas.drawImage(ImageReader(jpeg), 60, 300, 330, 400)
        canvas.drawString(60, 760, f"Page {number} of the manual")
        canvas.showPage()
    canvas.save()


def overlay() -> io.BytesIO:
    """The same words as a page of their own, for the techniques that lay one page over another."""
    from reportlab.pdfgen.canvas import Canvas

    from kit.pdf import fonts

    fonts.register()
    page = io.BytesIO()
    canvas = Canvas(page, pagesize=(595.28, 841.89), initialFontName=fonts.REGULAR)
    canvas.setFont(fonts.REGULAR, 7)
    canvas.drawString(24, 20, LINE)
    canvas.save()
    page.seek(0)
    return page


def by_copyfile(source: Path, target: Path) -> None:
    """Python's own copy."""
    shutil.copyfile(source, target)


def by_cp(source: Path, target: Path) -> None:
    """The system's copy, the start of its process included."""
    subprocess.run(["cp", str(source), str(target)], check=True)


def by_slot(source: Path, target: Path) -> None:
    """Ours, on disk."""
    write_copy(source, target, personal_bytes(_prepared(source), FACTS))


def by_appending(source: Path, target: Path) -> None:
    """Ours, on disk, with a name in other scripts: shaped and its typefaces cut anew for each copy."""
    from kit.pdf.stamping import appending

    appending._appended.cache_clear()
    write_copy(source, target, personal_bytes(_prepared(source), OTHER_SCRIPTS))


def by_splice(source: Path, target: Path) -> None:
    """Ours, as a server sends it: every piece is read and handed on."""
    prepared = _prepared(source)
    with target.open("wb", buffering=0) as file:
        for piece in spliced(partial(_range_of, source), personal_bytes(prepared, FACTS), 0, prepared.size):
            file.write(piece)


def _range_of(source: Path, start: int, end: int) -> bytes:
    """As the store reads it: nothing stays open behind an abandoned transfer."""
    with source.open("rb", buffering=0) as file:
        return os.pread(file.fileno(), end - start, start)


def by_pikepdf_shared(source: Path, target: Path) -> None:
    """One shared form drawn on every page, saved with pikepdf."""
    import pikepdf

    with pikepdf.open(source) as pdf, pikepdf.open(overlay()) as words:
        form = pdf.copy_foreign(words.pages[0].as_form_xobject())
        for page in pdf.pages:
            name = page.add_resource(form, pikepdf.Name.XObject)
            page.contents_add(b"q", prepend=True)
            page.contents_add(f"Q q {name} Do Q".encode())
        pdf.save(target)


def by_pikepdf_overlay(source: Path, target: Path) -> None:
    """pikepdf's add_overlay."""
    import pikepdf

    with pikepdf.open(source) as pdf, pikepdf.open(overlay()) as words:
        for page in pdf.pages:
            page.add_overlay(words.pages[0])
        pdf.save(target)


def by_pypdf(source: Path, target: Path) -> None:
    """pypdf's merge_page."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=source)
    words = pypdf.PdfReader(overlay()).pages[0]
    for page in writer.pages:
        page.merge_page(words)
    writer.write(target)


TECHNIQUES: dict[str, Callable[[Path, Path], None]] = {
    "cp": by_cp,
    "shutil.copyfile": by_copyfile,
    "slot, on disk (ours)": by_slot,
    "slot, spliced (ours)": by_splice,
    "other scripts, on disk (ours)": by_appending,
    "pikepdf, shared object": by_pikepdf_shared,
    "pikepdf add_overlay": by_pikepdf_overlay,
    "pypdf merge_page": by_pypdf,
}
OURS = "slot, on disk (ours)"
SLOWER = "other scripts, on disk (ours)"
BASE = "shutil.copyfile"
NEEDS_PREPARED = {"cp", "shutil.copyfile", "slot, on disk (ours)", "slot, spliced (ours)", SLOWER}


def _prepared(source: Path) -> Prepared:
    return Prepared.from_json(json.loads(source.with_suffix(".json").read_text()))


def _peak() -> float:
    """Most memory this process has held since the last reset, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def child(technique: str, source: Path, target: Path) -> None:
    """Run one technique after a warm-up on a file of one page and print what it took as JSON; a quick one three times,
    of which the quickest counts."""
    work = TECHNIQUES[technique]
    small = source.with_name("small-prepared.pdf" if technique in NEEDS_PREPARED else "small.pdf")
    work(small, target)
    target.unlink()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    taken = []
    for _ in range(3 if technique in NEEDS_PREPARED else 1):
        cpu, wall = _cpu(), time.perf_counter()
        work(source, target)
        taken.append((time.perf_counter() - wall, _cpu() - cpu))
        target.unlink()
    wall, cpu = min(taken)
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": _peak() - before}))


def _cpu() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def beside_copy(prepared: Path, pairs: int = 40) -> float:
    """Wall time of ours on disk as a multiple of the plain copy: the median of pairs a moment apart, turn about, which
    a machine busy with something else shifts least."""
    target = prepared.with_name("beside.pdf")
    ratios = []
    for number in range(pairs):
        taken = {}
        for work in (by_slot, by_copyfile) if number % 2 else (by_copyfile, by_slot):
            start = time.perf_counter()
            work(prepared, target)
            taken[work] = time.perf_counter() - start
            target.unlink()
        ratios.append(taken[by_slot] / taken[by_copyfile])
    return statistics.median(ratios)


def first_byte_cpu(prepared: dict[str, object], rounds: int = 1000) -> float:
    """Milliseconds of our CPU before a transfer can begin: the kept JSON to an object, the words to patches."""
    kept = json.dumps(prepared)
    start = time.process_time()
    for _ in range(rounds):
        personal_bytes(Prepared.from_json(json.loads(kept)), FACTS)
    return (time.process_time() - start) * 1000 / rounds  # the mean: the clock is too coarse for one


def made(folder: Path) -> tuple[Path, Path]:
    """The manual as uploaded and as prepared, with one-page files beside them for warming up."""
    plain = folder / "manual.pdf"
    manual(plain)
    overlay_page = folder / "small.pdf"
    overlay_page.write_bytes(overlay().getvalue())
    for source, target in ((plain, folder / "prepared.pdf"), (overlay_page, folder / "small-prepared.pdf")):
        start = time.perf_counter()
        prepared = prepare(source, target, style=StampStyle.FULL, address=ADDRESS, edition_label=FACTS.edition_label)
        target.with_suffix(".json").write_text(json.dumps(prepared.to_json()))
        if source == plain:
            print(f"Preparing, once per edition: {time.perf_counter() - start:.2f} s")
    return plain, folder / "prepared.pdf"


def _order() -> list[str]:
    """One round: the quick techniques five times, since a busy machine shifts them most, and in turning order, since
    what ran before (its pages still to be written out) slows what comes after."""
    quick = [technique for technique in TECHNIQUES if technique in NEEDS_PREPARED]
    turned = [quick[(at + turn) % len(quick)] for turn in range(5) for at in range(len(quick))]
    return turned + [technique for technique in TECHNIQUES if technique not in NEEDS_PREPARED]


def measured(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Medians over `rounds` for each technique."""
    plain, prepared = made(folder)
    runs: dict[str, list[dict[str, float]]] = {technique: [] for technique in TECHNIQUES}
    for _ in range(rounds):
        for technique in _order():
            source = prepared if technique in NEEDS_PREPARED else plain
            target = folder / "copy.pdf"
            command = [sys.executable, "-m", "tests.bench.stamping", "--child", technique, str(source), str(target)]
            runs[technique].append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    figures = {
        technique: {key: statistics.median(run[key] for run in results) for key in ("wall", "cpu", "memory")}
        for technique, results in runs.items()
    }
    for technique, results in runs.items():
        # Each run beside the plain copy of about the same moment: what else the machine did then cancels out.
        plain_runs = [run["wall"] for run in runs[BASE]][-len(results) :]
        pairs = zip(results, plain_runs, strict=True)
        figures[technique]["ratio"] = statistics.median(run["wall"] / plain_wall for run, plain_wall in pairs)
    return figures


def verdict(name: str, figure: float, bar: float, unit: str) -> str:
    """One line that says whether a bar was reached."""
    reached = "reached" if figure <= bar else f"not reached: {figure:.2f} {unit}"
    return f"{name}: {figure:.2f} {unit} (bar {bar:g}): {reached}"


def main(rounds: int) -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = measured(folder, rounds)
        size = (folder / "prepared.pdf").stat().st_size
        beside = beside_copy(folder / "prepared.pdf")
        first = first_byte_cpu(json.loads((folder / "prepared.json").read_text()))
    print(f"{PAGES} pages, {size / 1e6:.1f} MB, medians of {rounds} rounds; the copy to compare with is {BASE},")
    print("which does what cp does without the start of a process")
    print(f"{'':30}{'wall s':>9}{'× cp':>8}{'CPU s':>9}{'memory growth MB':>19}")
    for technique, row in figures.items():
        print(f"{technique:30}{row['wall']:9.4f}{row['ratio']:8.2f}{row['cpu']:9.4f}{row['memory']:19.2f}")
    print(verdict("Stamped copy on disk, pair by pair", beside, WALL_BAR, "× cp"))
    print(verdict("A name in other scripts", figures[SLOWER]["ratio"], SLOWER_BAR, "× cp"))
    print(verdict("Memory growth", figures[OURS]["memory"], MEMORY_BAR, "MB"))
    print(verdict("Our CPU before the first byte", first, CPU_BAR, "ms"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 7)
