"""What an accessible file must pass here: a PDF/UA-1 validator, our own look at the parent tree, coverage of text."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import page
import pikepdf
from pikepdf import Array, Dictionary, Name, Object


def assert_accessible(path: Path, *, coverage: float = 0.98, body: tuple[int, int] | None = None) -> None:
    """All three checks; `body` is the top and height (points) of the part of each page without furniture."""
    assert_pdf_ua(path)
    assert_parent_tree(path)
    share = text_coverage(path, body)
    assert share >= coverage, f"only {share:.1%} of the characters are in the structure tree"


def assert_pdf_ua(path: Path) -> None:
    """The validator's PDF/UA-1 profile finds nothing."""
    report = page.validate_pdf(str(path), profile=page.ValidationProfile.PDF_UA_1)
    assert report.rules.total > 100
    assert report.is_compliant, [(failure.rule_id, failure.message) for failure in report.failures]


def assert_parent_tree(path: Path) -> None:
    """Marks on pages, kids of elements and the parent tree agree, in both directions, links included."""
    with pikepdf.open(path) as pdf:
        root = pdf.Root.StructTreeRoot
        numbers = list(root.ParentTree.Nums)
        parents = dict(zip((int(key) for key in numbers[::2]), numbers[1::2], strict=True))
        held = {(kid.Pg.objgen, int(kid.MCID)): element.objgen for element, kid in _marks(root)}
        for sheet in pdf.pages:
            listed = parents.pop(int(sheet.obj.StructParents))
            drawn = _drawn_marks(sheet)
            assert drawn == list(range(len(listed))), "marks on the page and entries of the parent tree differ"
            for number in drawn:
                assert held.pop((sheet.obj.objgen, number)) == listed[number].objgen
            for annotation in sheet.obj.get("/Annots", []):
                assert str(parents.pop(int(annotation.StructParent)).S) == "/Link"
        assert not held, "elements hold marks that no page draws"
        assert not parents, "the parent tree has entries that nothing uses"


def _marks(element: Object) -> Iterator[tuple[Object, Object]]:
    kids = element.get("/K", Array())
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary) and kid.get("/Type") == Name.MCR:
            yield element, kid
        elif isinstance(kid, Dictionary) and kid.get("/Type") == Name.StructElem:
            assert kid.P.objgen == element.objgen
            yield from _marks(kid)


def _drawn_marks(sheet: pikepdf.Page) -> list[int]:
    """Numbers of marked content in drawing order; fails on nesting and on text that is neither marked nor artifact."""
    found: list[int] = []
    depth = 0
    for operands, operator in pikepdf.parse_content_stream(sheet):
        if str(operator) in {"BDC", "BMC"}:
            depth += 1
            if str(operator) == "BDC" and "/MCID" in operands[1]:
                found.append(int(operands[1].MCID))
        elif str(operator) == "EMC":
            depth -= 1
        elif str(operator) in {"Tj", "TJ", "'"}:
            assert depth == 1, "text outside every mark"
        assert depth in (0, 1), "marks are nested"
    assert depth == 0
    return found


def structure_text(path: Path) -> str:
    """Poppler's reading of the structure tree, elements and text."""
    return _run("pdfinfo", "-struct-text", str(path))


def page_text(path: Path, *options: str) -> str:
    """The text as it stands on the pages."""
    return _run("pdftotext", *options, str(path), "-")


def text_coverage(path: Path, body: tuple[int, int] | None = None) -> float:
    """Share of the letters and digits on the pages that the structure tree holds too."""
    area = ("-x", "0", "-W", "2000", "-y", str(body[0]), "-H", str(body[1])) if body else ()
    shown = _letters(page_text(path, *area))
    tagged = _letters("\n".join(re.findall(r'^\s*"(.*)"\s*$', structure_text(path), re.MULTILINE)))
    return (shown & tagged).total() / max(shown.total(), 1)


def _letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalnum())


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
