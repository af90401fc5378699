"""Stamps every PDF in some folders and says what became of each: `python -m tests.campaign.pdfs FOLDER …`.

Each file has a process of its own with a time limit, so that nothing that one of them does stops the others. The
outcome of each is a line of JSON in the file named by `--out`; files already there are passed over, so that a
campaign that was interrupted goes on.
"""

import argparse
import hashlib
import json
import multiprocessing
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pikepdf

from kit.pdf.stamping import (
    CannotPrepare,
    RefusalReason,
    StampFacts,
    StampStyle,
    personal_bytes,
    prepare,
    read_back,
    write_copy,
)
from tests.campaign.kept import compared
from tests.campaign.stamp_check import findings

ADDRESS = "https://portal.example/current/01ARZ3NDEKTSV4RRFFQ69G5FAV"
FACTS = StampFacts("Zsófia Wøjcik", "Tŷ Lakeshire", "22 November 2026", "Edition 3.2", "7F3A-9C2K")
WORLD = StampFacts(
    "प्रियंका 李小龙", "서울 Tŷ Lakeshire", "22 November 2026", "Edition 3.2", "7F3A-9C2K"
)  # every other file
LOOKED_AT = 5  # pages of each file whose pictures are compared
SECONDS = 600  # for one file
RIGHT, REFUSED, WRONG = "stamped right", "refused", "wrong"


@dataclass
class Outcome:
    """What became of one file; `kept`: how many links, bookmarks and so on it has, all of which its copy has too."""

    path: str
    sha256: str
    kinds: list[str]
    outcome: str
    detail: str
    pages: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)


def kinds_of(path: Path) -> list[str]:
    """What is remarkable about a file, as far as it can be opened."""
    with path.open("rb") as file:
        head = file.read(2048)
    found = ["linearized"] if b"/Linearized" in head else []
    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            found += _kinds(pdf)
    except pikepdf.PasswordError:
        found.append("password")
    except Exception:  # whatever is wrong with it, the file counts as damaged
        found.append("damaged")
    return found or ["plain"]


def _kinds(pdf: pikepdf.Pdf) -> list[str]:
    root, shapes, turned, odd, inherits = pdf.Root, set(), False, False, False
    for page in pdf.pages:
        box = [float(edge) for edge in page.mediabox]
        shapes.add((round(box[2] - box[0]), round(box[3] - box[1])))
        turned = turned or int(page.obj.get("/Rotate", 0)) % 360 != 0
        odd = (
            odd
            or box[:2] != [0, 0]
            or "/UserUnit" in page.obj
            or page.obj.get("/CropBox", page.mediabox) != page.mediabox
        )
        inherits = inherits or "/Resources" not in page.obj or "/MediaBox" not in page.obj
    answers = {
        "tagged": "/StructTreeRoot" in root,
        "owner password": pdf.is_encrypted,
        "form": "/AcroForm" in root,
        "bookmarks": "/Outlines" in root,
        "attachments": bool(len(pdf.attachments)),
        "object streams": "/Type" in pdf.trailer and pdf.trailer.get("/Type") == pikepdf.Name.XRef,
        "several sizes": len(shapes) > 1,
        "landscape": any(width > height for width, height in shapes),
        "turned": turned,
        "odd boxes": odd,
        "inherited entries": inherits,
        "warnings": bool(pdf.get_warnings()),
    }
    return [kind for kind, there in answers.items() if there]


def tried(path: Path) -> Outcome:
    """Prepares, copies, reads back and looks at one file."""
    content = path.read_bytes()
    outcome = Outcome(str(path), hashlib.sha256(content).hexdigest(), kinds_of(path), WRONG, "")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            _stamp(path, folder, outcome)
        except CannotPrepare as refusal:
            _refused(path, folder, outcome, refusal)
        except Exception as error:
            outcome.detail = f"{type(error).__name__}: {error}"[:300]
    outcome.seconds = round(time.perf_counter() - start, 2)
    return outcome


def _refused(path: Path, folder: Path, outcome: Outcome, refusal: CannotPrepare) -> None:
    """A refusal is an outcome of its own; a signed file is tried once more, as if staff had decided so."""
    if refusal.reason is RefusalReason.SIGNED:
        outcome.kinds.append("signed")
        try:
            _stamp(path, folder, outcome, without_signature=True)
        except CannotPrepare as another:
            refusal = another
        else:
            return
    outcome.outcome, outcome.detail = REFUSED, refusal.reason.value


def _stamp(path: Path, folder: Path, outcome: Outcome, *, without_signature: bool = False) -> None:
    target, copy = folder / "prepared.pdf", folder / "copy.pdf"
    prepared = prepare(
        path, target, style=StampStyle.FULL, address=ADDRESS, edition_label=FACTS.edition_label,
        without_signature=without_signature,
    )  # fmt: skip
    outcome.pages, outcome.notes = prepared.page_count, list(prepared.notes)
    write_copy(target, copy, personal_bytes(prepared, FACTS))
    read_back(copy, prepared, FACTS)
    facts = FACTS
    if int(outcome.sha256[:2], 16) % 2:
        facts = WORLD
        outcome.kinds.append("name in other scripts")
        write_copy(target, copy, personal_bytes(prepared, facts))
    chance = random.Random(outcome.sha256)
    pages = range(1, prepared.page_count + 1)
    looked_at = sorted({1, prepared.page_count, *chance.sample(pages, min(LOOKED_AT - 2, len(pages)))})
    wrong = findings(path, copy, prepared, facts, ADDRESS, looked_at, folder)
    comparison = compared(path, copy, without_signature=without_signature)
    wrong += comparison.differences
    outcome.kept = dict(comparison.kinds)
    if (complaint := _faults(copy)) and not _faults(path):
        wrong.append(f"qpdf: {complaint}")
    outcome.outcome = WRONG if wrong else RIGHT
    outcome.detail = "; ".join(wrong[:3]) + (f" … {len(wrong)} in all" if len(wrong) > 3 else "")


def _faults(path: Path) -> str:
    """What qpdf finds broken in a file, warnings apart."""
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    return (checked.stderr.strip() or "broken")[:200] if checked.returncode == 2 else ""


def _child(path: str, pipe: "multiprocessing.connection.Connection") -> None:
    pipe.send(asdict(tried(Path(path))))


def limited(path: Path) -> Outcome:
    """The same in a process of its own, ended when it takes too long."""
    context = multiprocessing.get_context("fork")
    near, far = context.Pipe()
    child = context.Process(target=_child, args=(str(path), far))
    child.start()
    far.close()
    try:
        if near.poll(SECONDS):
            return Outcome(**near.recv())
        detail = f"took more than {SECONDS} s"
    except EOFError:
        child.join()
        detail = f"the process ended with {child.exitcode}"
    finally:
        if child.is_alive():
            child.kill()
        child.join()
    return Outcome(str(path), "", [], WRONG, detail)


def files_in(folders: list[Path]) -> list[Path]:
    """Every PDF below the folders, by the name's ending, each content once, in a fixed order that mixes the folders."""
    seen, found = set(), []
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() == ".pdf"):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in seen:
                seen.add(digest)
                found.append(path)
    random.Random(len(found)).shuffle(found)  # an interrupted campaign has seen some of everything
    return found


def table(outcomes: list[Outcome]) -> str:
    """Kinds by outcome, as a table in Markdown; a file counts in each of its kinds."""
    counts: dict[str, Counter[str]] = {"all": Counter()}
    for one in outcomes:
        for kind in ("all", *one.kinds):
            counts.setdefault(kind, Counter())[one.outcome] += 1
    lines = ["| Kind | Files | Stamped right | Refused with a reason | Wrong |", "|---|---|---|---|---|"]
    for kind, counter in sorted(counts.items(), key=lambda item: -item[1].total()):
        lines.append(f"| {kind} | {counter.total()} | {counter[RIGHT]} | {counter[REFUSED]} | {counter[WRONG]} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Runs the campaign and prints its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("pdfs-tried.jsonl"))
    parser.add_argument("--share", type=int, default=1, help="try one file in this many")
    asked = parser.parse_args(arguments)
    done = [Outcome(**json.loads(line)) for line in asked.out.read_text().splitlines()] if asked.out.exists() else []
    known = {one.path for one in done}
    for path in files_in(asked.folders)[:: asked.share]:
        if str(path) not in known:
            done.append(limited(path))
            with asked.out.open("a") as file:
                file.write(json.dumps(asdict(done[-1])) + "\n")
    print(table(done))
    kept = sum((Counter(one.kept) for one in done if one.outcome == RIGHT), Counter[str]())
    print("\nKept: " + ", ".join(f"{number:,} {kind}" for kind, number in kept.most_common()))
    print(f"{sum(one.pages for one in done):,} pages in {len(done):,} files")
    for one in done:
        if one.outcome == WRONG:
            print(f"{one.path}: {one.detail}")


if __name__ == "__main__":
    if shutil.which("pdftotext") is None:
        sys.exit("poppler-utils is needed")
    main(sys.argv[1:])
