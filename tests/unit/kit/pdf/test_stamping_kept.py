"""What a stamp leaves as it was: forms, bookmarks, links, attached files, tags; told by pypdf, and by the campaign's
own comparison, which is itself tried on copies that lack something."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String

from kit.pdf.stamping import StampFacts, StampStyle, personal_bytes, prepare, write_copy
from tests.campaign.kept import compared
from tests.factories.pdf_files import add_page, complaints, signed_file, tag

FACTS = StampFacts("Siân Wójcik", "Lakeshire Council", "22 November 2026", "Edition 3.2", "7F3A-9C2K")
ADDRESS = "https://portal.example/current/01ARZ3NDEKTSV4RRFFQ69G5FAV"
TAGGED = b"/P <</MCID 0>> BDC BT /F1 12 Tf 50 500 Td (Tagged words) Tj ET EMC"


def full_file(path: Path) -> Path:
    """Three pages with something of every kind."""
    with pikepdf.new() as pdf:
        for _ in range(3):
            add_page(pdf)
        _links(pdf)
        _bookmarks(pdf)
        _form(pdf)
        pdf.attachments["plan.txt"] = b"one plan"
        pdf.attachments["Ŵythnos.csv"] = bytes(range(256)) * 40
        pdf.save(path)
    return path


def _links(pdf: Pdf) -> None:
    pages = [page.obj for page in pdf.pages]
    pdf.Root["/Dests"] = Dictionary(Chapter=Array([pages[2], Name.Fit]))
    for page, lead in (
        (0, {"A": Dictionary(S=Name.URI, URI=String("https://a.example/x?y=1"))}),
        (0, {"Dest": Array([pages[1], Name.XYZ, 10, 700, 0])}),
        (1, {"Dest": Name.Chapter}),
    ):
        box = Array([50, 600 - 40 * page, 150, 620])
        link = pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=box, **lead))
        pages[page]["/Annots"] = Array([*pages[page].get("/Annots", Array()), link])


def _bookmarks(pdf: Pdf) -> None:
    with pdf.open_outline() as outline:
        first = OutlineItem("Pennod 1 · Dechrau", 0)
        first.children.append(OutlineItem("Section", 1, "FitH", top=400))
        outline.root.extend([first, OutlineItem("Chapter 2", 2)])


def _form(pdf: Pdf) -> None:
    fields = [
        Dictionary(FT=Name.Tx, T=String("Name"), V=String("Zoë")),
        Dictionary(FT=Name.Btn, T=String("Agreed"), V=Name.Yes, AS=Name.Yes),
        Dictionary(FT=Name.Ch, T=String("Area"), V=String("North"), Opt=Array([String("North"), String("South")])),
    ]
    for at, one in enumerate(fields):
        one["/Type"], one["/Subtype"], one["/Rect"] = Name.Annot, Name.Widget, Array([50, 300 + 40 * at, 150, 320])
    made = Array([pdf.make_indirect(one) for one in fields])
    pdf.pages[2].obj["/Annots"], pdf.Root["/AcroForm"] = made, Dictionary(Fields=made)


def tagged_file(path: Path) -> Path:
    """A page whose words are a paragraph."""
    with pikepdf.new() as pdf:
        add_page(pdf, TAGGED)
        tag(pdf)
        pdf.save(path)
    return path


def stamped(source: Path, *, without_signature: bool = False) -> Path:
    target, copy = source.with_name("prepared.pdf"), source.with_name("copy.pdf")
    prepared = prepare(
        source, target, style=StampStyle.FULL, address=ADDRESS, edition_label="Edition 3.2",
        without_signature=without_signature,
    )  # fmt: skip
    write_copy(target, copy, personal_bytes(prepared, FACTS))
    assert complaints(copy) == ""
    return copy


def told(path: Path) -> dict[str, Any]:
    """What pypdf says of a file's forms, bookmarks, links and attachments."""
    reader = pypdf.PdfReader(path)
    annotations = [(page.page_number, one.get_object()) for page in reader.pages for one in page.get("/Annots", [])]
    return {
        "fields": {name: one.value for name, one in (reader.get_fields() or {}).items()},
        "bookmarks": _leads(reader, reader.outline),
        "links": [(at, one["/Rect"], _lead(reader, one)) for at, one in annotations if one["/Subtype"] == "/Link"],
        "attachments": reader.attachments,
    }


def _leads(reader: pypdf.PdfReader, items: list[Any]) -> list[Any]:
    return [
        _leads(reader, item)
        if isinstance(item, list)
        else (item.title, reader.get_destination_page_number(item), item.typ, item.top)
        for item in items
    ]


def _lead(reader: pypdf.PdfReader, link: Any) -> object:
    if "/A" in link:
        return link["/A"]["/URI"]
    lead = link["/Dest"]
    array = reader.named_destinations[lead].dest_array if isinstance(lead, str) else lead
    return reader.get_page_number(array[0].get_object()), [str(part) for part in array[1:]]


def test_forms_bookmarks_links_and_attachments_are_as_they_were(tmp_path: Path) -> None:
    source = full_file(tmp_path / "a.pdf")
    before = told(source)
    assert before["fields"] == {"Name": "Zoë", "Agreed": "/Yes", "Area": "North"}
    assert before["bookmarks"][0][:2] == ("Pennod 1 · Dechrau", 0)
    assert before["bookmarks"][1] == [("Section", 1, "/FitH", 400)]
    assert [lead for _, _, lead in before["links"]] == [
        "https://a.example/x?y=1", (1, ["/XYZ", "10", "700", "0"]), (2, ["/Fit"]),
    ]  # fmt: skip
    assert {name: len(files[0]) for name, files in before["attachments"].items()} == {
        "plan.txt": 8, "Ŵythnos.csv": 10_240,
    }  # fmt: skip
    copy = stamped(source)
    assert told(copy) == before
    comparison = compared(source, copy)
    assert comparison.differences == []
    assert comparison.kinds == {
        "links": 3, "bookmarks": 3, "form fields": 3, "filled fields": 3, "attached files": 2,
    }  # fmt: skip


def test_a_tagged_file_stays_tagged_and_its_stamp_is_no_part_of_what_it_says(tmp_path: Path) -> None:
    source = tagged_file(tmp_path / "a.pdf")
    copy = stamped(source)
    comparison = compared(source, copy)
    assert (comparison.differences, comparison.kinds) == ([], {"tags": 1})
    with pikepdf.open(copy) as pdf:
        assert pdf.Root["/MarkInfo"]["/Marked"] is True
        page = pdf.pages[0].obj
        assert page["/StructParents"] == 0
        assert page["/Contents"][1].read_bytes() == TAGGED
        leaf = pdf.Root["/StructTreeRoot"]["/K"][0]
        assert leaf["/Pg"].objgen == page.objgen
        assert pdf.Root["/StructTreeRoot"]["/ParentTree"]["/Nums"][1][0].objgen == leaf.objgen


def test_a_signed_file_loses_its_signature_and_nothing_else(tmp_path: Path) -> None:
    source = signed_file(tmp_path / "a.pdf")
    copy = stamped(source, without_signature=True)
    assert compared(source, copy, without_signature=True).differences == []
    assert any("/V" in one for one in compared(source, copy).differences)


def _swap_pages(pdf: Pdf) -> None:
    pages = [page.obj for page in pdf.pages]
    pages[0]["/Annots"][1]["/Dest"][0] = pages[2]


def _drop_field(pdf: Pdf) -> None:
    del pdf.Root["/AcroForm"]["/Fields"][0]
    del pdf.pages[2].obj["/Annots"][0]


LOSSES: dict[str, Callable[[Pdf], object]] = {
    "a field": _drop_field,
    "what was written in one": lambda pdf: pdf.Root["/AcroForm"]["/Fields"][0].__setitem__("/V", String("Zoe")),
    "a bookmark": lambda pdf: pdf.Root["/Outlines"]["/First"].__delitem__("/Next"),
    "its title": lambda pdf: pdf.Root["/Outlines"]["/First"].__setitem__("/Title", String("Chapter 1")),
    "a link": lambda pdf: pdf.pages[0].obj["/Annots"].__delitem__(0),
    "its address": lambda pdf: pdf.pages[0].obj["/Annots"][0]["/A"].__setitem__("/URI", String("https://b.example")),
    "its page": _swap_pages,
    "an attachment": lambda pdf: pdf.attachments.__delitem__("plan.txt"),
    "its bytes": lambda pdf: pdf.attachments.__setitem__("plan.txt", b"another plan"),
    "the stamp's mark": lambda pdf: pdf.pages[1].obj["/Contents"][2].write(b"Q q /Stamp00000000 Do Q"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    source = full_file(tmp_path_factory.mktemp("kept") / "a.pdf")
    return source, stamped(source)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_copy_that_lacks_something_is_found_out(tmp_path: Path, whole: tuple[Path, Path], loss: str) -> None:
    source, copy = whole
    with pikepdf.open(copy) as pdf:
        LOSSES[loss](pdf)
        pdf.save(tmp_path / "lacking.pdf")
    assert compared(source, tmp_path / "lacking.pdf").differences != []


def test_tags_that_are_lost_are_found_out(tmp_path: Path) -> None:
    source = tagged_file(tmp_path / "a.pdf")
    with pikepdf.open(stamped(source)) as pdf:
        del pdf.pages[0].obj["/StructParents"]
        pdf.save(tmp_path / "lacking.pdf")
    assert compared(source, tmp_path / "lacking.pdf").differences == ["/Page1/StructParents: gone"]


def test_a_stamp_among_what_the_tags_say_is_found_out(tmp_path: Path) -> None:
    source = tagged_file(tmp_path / "a.pdf")
    with pikepdf.open(stamped(source)) as pdf:
        last = pdf.pages[0].obj["/Contents"][2]
        last.write(last.read_bytes().replace(b"/Artifact <<", b"/P <</MCID 0 "))
        pdf.save(tmp_path / "wrong.pdf")
    found = compared(source, tmp_path / "wrong.pdf").differences
    assert found == ["page 1: the stamp is no artifact", "pdfinfo -struct-text tells otherwise"]
