"""Preparing a file, then reading copies of it with other people's tools: poppler for the eye, qpdf for soundness."""

import itertools
import shutil
from pathlib import Path

import pikepdf
import pytest
import segno
import zxingcpp
from pikepdf import Array, Dictionary, Name
from PIL import ImageChops, ImageStat
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from kit.pdf import fonts
from kit.pdf.stamping import (
    Prepared,
    ReadBackFailed,
    StampFacts,
    StampStyle,
    personal_bytes,
    prepare,
    read_back,
    write_copy,
)
from tests.factories.pdf_files import A4, add_page, complaints, pdf_file, picture, text_of, word_boxes

ADDRESS = "https://portal.example/current/01ARZ3NDEKTSV4RRFFQ69G5FAV"
FACTS = StampFacts("Siân Wójcik", "Lakeshire Council", "22 November 2026", "Edition 3.2", "7F3A-9C2K")
LINE = "Siân Wójcik · Lakeshire Council · 22 November 2026 · Edition 3.2 · 7F3A-9C2K"


def stamped(source: Path, style: StampStyle = StampStyle.FULL, facts: StampFacts = FACTS) -> tuple[Prepared, Path]:
    """A copy of `source`, read back by our own check and found sound by qpdf."""
    target, copy = source.with_name("prepared.pdf"), source.with_name("copy.pdf")
    prepared = prepare(source, target, style=style, address=ADDRESS, edition_label=facts.edition_label)
    write_copy(target, copy, personal_bytes(prepared, facts))
    read_back(copy, prepared, facts)
    assert complaints(copy) == ""
    return prepared, copy


def test_each_page_of_a_copy_says_who_took_it(tmp_path: Path) -> None:
    prepared, copy = stamped(pdf_file(tmp_path / "a.pdf", pages=3))
    assert prepared.page_count == 3
    for page in (1, 2, 3):
        assert f"Page {page} " in text_of(copy, page)
        assert LINE in text_of(copy, page)
        assert "portal.example/current/01ARZ3NDEKTSV4RRFFQ69G5FAV" in text_of(copy, page)


def test_copies_differ_only_inside_the_slots(tmp_path: Path) -> None:
    prepared, copy = stamped(pdf_file(tmp_path / "a.pdf", pages=2))
    first = copy.read_bytes()
    other = StampFacts("Ann Other", "Hillside Trust", "1 May 2027", "Edition 3.2", "ZZZZ-0000")
    write_copy(tmp_path / "prepared.pdf", copy, personal_bytes(prepared, other))
    second = copy.read_bytes()
    assert len(first) == len(second) == prepared.size
    inside = {at for slot in prepared.slots for at in range(slot.offset, slot.offset + slot.length)}
    assert {at for at in range(len(first)) if first[at] != second[at]} <= inside
    assert "Ann Other" in text_of(copy)
    assert "Siân" not in text_of(copy)


def test_a_handout_names_the_organisation_only_and_has_no_square_code(tmp_path: Path) -> None:
    _, copy = stamped(pdf_file(tmp_path / "a.pdf"), StampStyle.LINE)
    assert "Lakeshire Council · Edition 3.2" in text_of(copy)
    assert "Siân" not in text_of(copy)
    assert "portal.example" not in text_of(copy)
    right_foot = picture(copy, 1, tmp_path).crop((480, 780, 595, 842))
    assert right_foot.getextrema() == (255, 255)


def test_progress_counts_every_page(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    source = pdf_file(tmp_path / "a.pdf", pages=4)
    prepare(
        source,
        tmp_path / "b.pdf",
        style=StampStyle.FULL,
        address=ADDRESS,
        edition_label="1.0",
        progress=lambda done, pages: seen.append((done, pages)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


SHAPES = [
    *itertools.product([A4, (0, 0, 841.89, 595.28), (-100, 50, 860, 590)], [0, 90, 180, 270, -90, 450], [1.0]),
    ((0, 0, 297.64, 419.53), 0, 1.0),  # A6
    ((0, 0, 209.76, 297.64), 0, 1.0),  # A7
    ((0, 0, 2383.94, 3370.39), 0, 1.0),  # A0
    ((0, 0, 1920, 1080), 0, 1.0),
    ((0, 0, 200, 283), 90, 3.0),
    ((0, 0, 1440, 300), 0, 1.0),
]


@pytest.mark.parametrize(("box", "turn", "unit"), SHAPES)
def test_the_stamp_is_upright_at_the_foot_of_what_can_be_seen(
    tmp_path: Path, box: tuple[float, ...], turn: int, unit: float
) -> None:
    with pikepdf.new() as pdf:
        left, bottom, right, top = box
        media = (left - 30, bottom - 40, right + 50, top + 60)
        add_page(pdf, box=media, CropBox=Array(box), Rotate=turn, UserUnit=unit)
        pdf.save(tmp_path / "a.pdf")
    _, copy = stamped(tmp_path / "a.pdf")
    width, height = right - left, top - bottom
    if turn % 180:
        width, height = height, width
    expected = {"Siân", "Lakeshire", "November", "7F3A-9C2K", "portal.example/current/01ARZ3NDEKTSV4RRFFQ69G5FAV"}
    ours = [word for word in word_boxes(copy, 1) if word[0] in expected]
    assert len(ours) == len(expected)
    for word, x_min, y_min, x_max, y_max in ours:
        assert 0 <= x_min < x_max <= width, word
        assert height * 0.8 <= y_min < y_max <= height, word
        assert 5 <= (y_max - y_min) * unit <= 11 * max(1, (width * height * unit**2 / 501_000) ** 0.5), word
        if len(word) > 4:
            assert x_max - x_min > y_max - y_min, word


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_rest_of_the_page_looks_as_before(tmp_path: Path, turn: int) -> None:
    with pikepdf.new() as pdf:
        add_page(pdf, Rotate=turn)
        pdf.save(tmp_path / "a.pdf")
    _, copy = stamped(tmp_path / "a.pdf")
    before, after = picture(tmp_path / "a.pdf", 1, tmp_path), picture(copy, 1, tmp_path)
    changed = ImageChops.difference(before, after).getbbox()
    assert changed is not None
    left, top, right, bottom = changed
    assert top >= before.height - 55
    assert bottom <= before.height - 5
    assert (right - left) * (bottom - top) <= 0.12 * before.width * before.height


@pytest.mark.parametrize(("box", "turn"), [(A4, 0), (A4, 90), ((0, 0, 842, 595), 180), ((0, 0, 298, 420), 270)])
def test_the_square_code_leads_to_the_printed_address(tmp_path: Path, box: tuple[float, ...], turn: int) -> None:
    with pikepdf.new() as pdf:
        add_page(pdf, box=box, Rotate=turn)
        pdf.save(tmp_path / "a.pdf")
    _, copy = stamped(tmp_path / "a.pdf")
    scale = 3
    [code] = zxingcpp.read_barcodes(picture(copy, 1, tmp_path, 72 * scale))
    assert code.text == ADDRESS
    assert ADDRESS.removeprefix("https://") in text_of(copy)
    modules = len(segno.make(ADDRESS, micro=False).matrix)
    assert code.position.top_right.x - code.position.top_left.x >= (modules - 1) * scale  # 0.35 mm each, in print


def test_words_on_a_dark_slide_stand_on_white(tmp_path: Path) -> None:
    source = pdf_file(tmp_path / "a.pdf", b".1 .05 .15 rg 0 0 700 900 re f")
    _, copy = stamped(source)
    word = next(word for word in word_boxes(copy, 1) if word[0] == "Lakeshire")
    around = picture(copy, 1, tmp_path, 216).crop(tuple(int(edge * 3) for edge in word[1:]))  # type: ignore[arg-type]
    darkest, lightest = around.getextrema()
    assert lightest >= 250
    assert darkest <= 110


LEAKS = {
    "moved": b"1 0 0 1 200 300 cm .5 0 0 .5 0 0 cm",
    "turned": b"q 0 1 -1 0 400 100 cm",
    "clipped away": b"q 0 0 10 10 re W n",
    "moved, then saved": b"2 0 0 2 50 150 cm q q",
    "nested": b"q q q 3 0 0 3 0 0 cm",
    "text left open": b"BT /F1 12 Tf 3 Tr 40 Tz 100 Ts 50 500 Td (open) Tj",
    "invisible text mode": b"3 Tr 100 Tc 50 Ts 300 Tz",
    "marked content left open": b"/Span <</MCID 0>> BDC q",
    "crossed": b"/Span BMC q EMC",
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_what_a_page_leaves_open_does_not_touch_the_stamp_nor_itself(tmp_path: Path, leak: bytes) -> None:
    frame = b"\n0 0 .4 rg 20 200 200 100 re f"
    clean = pdf_file(tmp_path / "clean.pdf", b"")
    _, copy = stamped(clean)
    expected = picture(copy, 1, tmp_path).crop((0, 780, 595, 842))
    source = pdf_file(tmp_path / "a.pdf", leak + frame)
    _, copy = stamped(source)
    before, after = picture(source, 1, tmp_path), picture(copy, 1, tmp_path)
    assert LINE in text_of(copy)
    assert ImageChops.difference(after.crop((0, 780, 595, 842)), expected).getbbox() is None
    body = (0, 0, 595, 780)
    assert ImageChops.difference(before.crop(body), after.crop(body)).getbbox() is None


@pytest.mark.parametrize("lacking", [b"0 cm", b"5 re", b"/F1 Tf", b"Do", b"1 0 0 rg 1 rg"])
def test_an_operator_without_its_operands_stops_no_reader_before_the_stamp(tmp_path: Path, lacking: bytes) -> None:
    source = pdf_file(tmp_path / "a.pdf", b"q " + lacking + b" 0 0 .4 rg 20 200 200 100 re f Q")
    _, copy = stamped(source)
    assert LINE in text_of(copy)
    assert picture(copy, 1, tmp_path).getpixel((100, 600)) < 100


@pytest.mark.parametrize("stray", [b"pageresources<<##1>>", b"<</A [1 <</B c>>]>> BDC EMC", b"[1 2 re] TJ"])
def test_operators_inside_of_brackets_are_passed_over(tmp_path: Path, stray: bytes) -> None:
    source = pdf_file(tmp_path / "a.pdf", b"/A <</B (c)>> DP " + stray + b"\n0 0 .4 rg 20 200 200 100 re f [(d)] TJ")
    _, copy = stamped(source)
    assert LINE in text_of(copy)
    assert picture(copy, 1, tmp_path).getpixel((100, 600)) < 100


@pytest.mark.parametrize(
    "end",
    [
        b"(abc",
        b"<41 42",
        b"[1 2",
        b"<</A 1",
        b"<<a>> <<b",
        b"BI /W 10 /H 10 ID xxx",
        b"BT /F1 12 Tf (abc) Tj (x",
        b"(\\",
    ],
)
def test_a_page_that_breaks_off_cannot_swallow_the_stamp(tmp_path: Path, end: bytes) -> None:
    source = pdf_file(tmp_path / "a.pdf", b"0 0 .4 rg 20 200 200 100 re f " + end)
    _, copy = stamped(source)
    assert LINE in text_of(copy)
    assert picture(copy, 1, tmp_path).getpixel((100, 600)) < 100


def test_names_of_many_scripts_are_drawn_and_extracted(tmp_path: Path) -> None:
    names = "Nguyễn Thị Minh, Adébọ́lá Ọlá, Łukasz Ñuñez, Ψυχή Ελένη, Жуковський Їжак, Əliyev, Ŵyn"
    facts = StampFacts(names, "Ysgol Tŷ Gwyn", "22 November 2026", "Edition 3.2", "7F3A-9C2K")
    _, copy = stamped(pdf_file(tmp_path / "a.pdf"), facts=facts)
    assert names in text_of(copy)


def test_letters_look_as_they_read(tmp_path: Path) -> None:
    # Extracted text can be right while the page shows other shapes: compare with the same words drawn by ReportLab.
    name = "ŁukaszWójcikÑŵß0123&’"
    facts = StampFacts(name, "NguyễnThịЖуковський", "1 May", "Edition 3.2", "X")
    _, copy = stamped(pdf_file(tmp_path / "a.pdf", b""), facts=facts)
    fonts.register()
    canvas = Canvas(str(tmp_path / "same.pdf"), pagesize=A4[2:], initialFontName=fonts.REGULAR)
    canvas.setFillGray(0.33)
    left = right = 595.28 * 0.04
    text = canvas.beginText(left, 9 + 8 + 7 * 1.2 - 0.92 * 7)
    for face, words in ((fonts.REGULAR, f"{name} · "), (fonts.COMPANION, f"{facts.organisation} · ")):
        text.setFont(face, 7)
        text.textOut(words)
        right += stringWidth(words, face, 7)
    canvas.drawText(text)
    canvas.save()
    band = (round(left * 4), (842 - 28) * 4, round((right - 5) * 4), (842 - 18) * 4)
    ours, same = (picture(path, 1, tmp_path, 288).crop(band) for path in (copy, tmp_path / "same.pdf"))
    assert ImageStat.Stat(ours).mean[0] < 250
    assert ImageStat.Stat(ImageChops.difference(ours, same)).mean[0] < 1.5


def test_no_code_of_the_embedded_typefaces_leads_to_the_empty_box(tmp_path: Path) -> None:
    prepared, copy = stamped(pdf_file(tmp_path / "a.pdf"))
    with pikepdf.open(copy) as pdf:
        name = next(iter(pdf.pages[0].obj["/Resources"]["/XObject"]))
        embedded = pdf.pages[0].obj["/Resources"]["/XObject"][name]["/Resources"]["/Font"]
        for key, widths in (("/F", prepared.widths), ("/G", prepared.companion_widths)):
            glyphs = embedded[key]["/DescendantFonts"][0]["/CIDToGIDMap"].read_bytes()
            assert all(glyphs[2 * ord(character) : 2 * ord(character) + 2] != b"\0\0" for character in widths)


def test_what_ends_without_a_beginning_is_passed_over_as_browsers_do(tmp_path: Path) -> None:
    # Poppler and Ghostscript each do something else with an excess Q, so the picture to reach is one without any.
    excess = b"Q EMC q 2 0 0 2 0 0 cm Q Q 1 0 0 1 0 50 cm Q 0 0 .4 rg 20 200 200 100 re f Q"
    clean = b"q 2 0 0 2 0 0 cm Q 1 0 0 1 0 50 cm 0 0 .4 rg 20 200 200 100 re f"
    _, copy = stamped(pdf_file(tmp_path / "clean.pdf", clean))
    expected = picture(copy, 1, tmp_path)
    _, copy = stamped(pdf_file(tmp_path / "a.pdf", excess))
    assert ImageChops.difference(picture(copy, 1, tmp_path), expected).getbbox() is None


def test_pages_without_contents_with_several_and_with_inherited_entries(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        add_page(pdf)
        del pdf.pages[0].obj["/Contents"]
        halves = [pdf.make_stream(b"q .5 g 100 400 200"), pdf.make_stream(b"50 re f Q")]
        add_page(pdf)
        pdf.pages[1].obj["/Contents"] = Array(halves)
        shared = pdf.make_indirect(pdf.pages[1].obj["/Resources"])
        for _ in range(2):
            add_page(pdf)
            for key in ("/Resources", "/MediaBox"):
                del pdf.pages[-1].obj[key]
        pages = pdf.Root["/Pages"]
        pages["/Resources"], pages["/MediaBox"], pages["/Rotate"] = shared, Array([0, 0, 800, 500]), 90
        pdf.save(tmp_path / "a.pdf")
    _, copy = stamped(tmp_path / "a.pdf")
    for page in (1, 2, 3, 4):
        assert LINE in text_of(copy, page)
    assert "Page 3" in text_of(copy, 3)
    assert picture(copy, 4, tmp_path).size == (500, 800)
    with pikepdf.open(copy) as pdf:
        assert pdf.pages[2].obj["/Resources"].objgen == pdf.pages[3].obj["/Resources"].objgen


def test_pages_with_resources_of_their_own_keep_them(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        for name in ("F1", "Other"):
            page = add_page(pdf, f"BT /{name} 12 Tf 50 500 Td (In {name}) Tj ET".encode())
            page.obj["/Resources"]["/Font"] = Dictionary({f"/{name}": page.obj["/Resources"]["/Font"]["/F1"]})
        pdf.save(tmp_path / "a.pdf")
    _, copy = stamped(tmp_path / "a.pdf")
    with pikepdf.open(copy) as pdf:
        assert [list(page.obj["/Resources"]["/Font"]) for page in pdf.pages] == [["/F1"], ["/Other"]]


def test_a_form_that_shares_the_pages_resources_is_left_alone(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        page = add_page(pdf)
        resources = pdf.make_indirect(page.obj["/Resources"])
        page.obj["/Resources"] = resources
        box = Array([0, 0, 100, 100])
        form = pdf.make_stream(b"0 0 50 50 re f", Type=Name.XObject, Subtype=Name.Form, BBox=box, Resources=resources)
        resources["/XObject"] = pdf.make_indirect(Dictionary(Own=form))
        pdf.save(tmp_path / "a.pdf")
    _, copy = stamped(tmp_path / "a.pdf")
    with pikepdf.open(copy) as pdf:
        objects = pdf.pages[0].obj["/Resources"]["/XObject"]
        assert len(objects) == 2
        assert list(objects["/Own"]["/Resources"]["/XObject"]) == ["/Own"]


def test_pages_of_many_sizes_share_slots(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        for number in range(150):
            add_page(pdf, box=(0, 0, 595 + number / 7, 842 - number / 5))
        pdf.save(tmp_path / "a.pdf")
    prepared, copy = stamped(tmp_path / "a.pdf")
    assert len(prepared.slots) <= 4
    assert text_of(copy).count(LINE) == 150


def test_an_owner_password_is_dropped_and_said(tmp_path: Path) -> None:
    with pikepdf.open(pdf_file(tmp_path / "a.pdf")) as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="secret", user=""))
    prepared, copy = stamped(tmp_path / "locked.pdf")
    assert any("restrictions" in note for note in prepared.notes)
    with pikepdf.open(copy) as pdf:
        assert not pdf.is_encrypted


def test_a_file_cut_short_is_mended_and_said(tmp_path: Path) -> None:
    source = pdf_file(tmp_path / "a.pdf", pages=3)
    content = source.read_bytes()
    source.write_bytes(content[: content.rindex(b"xref")])
    prepared, copy = stamped(source)
    assert any("mended" in note for note in prepared.notes)
    assert text_of(copy).count(LINE) == 3


def test_a_prepared_file_can_be_prepared_again(tmp_path: Path) -> None:
    _, copy = stamped(pdf_file(tmp_path / "a.pdf"))
    again = shutil.copyfile(copy, tmp_path / "again.pdf")
    other = StampFacts("Ann Other", "Hillside Trust", "1 May 2027", "Edition 3.2", "ZZZZ-0000")
    stamped(Path(again), facts=other)


def test_reading_back_finds_a_stamp_that_is_wrong_or_gone(tmp_path: Path) -> None:
    prepared, copy = stamped(pdf_file(tmp_path / "a.pdf", pages=2))
    other = StampFacts("Ann Other", "Hillside Trust", "1 May 2027", "Edition 3.2", "ZZZZ-0000")
    with pytest.raises(ReadBackFailed, match="does not say"):
        read_back(copy, prepared, other)
    with pytest.raises(ReadBackFailed, match="does not say"):
        read_back(tmp_path / "prepared.pdf", prepared, FACTS)
    [slot] = prepared.slots
    damaged = bytearray(copy.read_bytes())
    damaged[slot.offset + slot.length - 1] ^= 1
    (tmp_path / "damaged.pdf").write_bytes(damaged)
    with pytest.raises(ReadBackFailed, match="does not say"):
        read_back(tmp_path / "damaged.pdf", prepared, FACTS)
    with pikepdf.open(copy) as pdf:
        pdf.pages[1].obj["/Contents"] = pdf.make_stream(b"")
        pdf.save(tmp_path / "cut.pdf")
    size = (tmp_path / "cut.pdf").stat().st_size
    with pytest.raises(ReadBackFailed, match="bytes, expected"):
        read_back(tmp_path / "cut.pdf", prepared, FACTS)
    resized = Prepared.from_json({**prepared.to_json(), "size": size})
    with pytest.raises(ReadBackFailed, match="page 2 does not end"):
        read_back(tmp_path / "cut.pdf", resized, FACTS)
