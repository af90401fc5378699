"""Names in scripts that the house's typefaces lack: drawn with the shapes of their script, and read back."""

import re
from functools import cache
from pathlib import Path

import pikepdf
import pytest
from PIL import ImageChops

from kit.pdf.fonts import COMPANION, glyph_table
from kit.pdf.stamping import (
    DoesNotFit,
    NameNotDrawable,
    Prepared,
    Slot,
    StampFacts,
    StampStyle,
    personal_bytes,
    personal_text,
    prepare,
    size_of,
    spliced,
    write_copy,
)
from kit.pdf.stamping.setting import Faces
from kit.pdf.stamping.shaped import set_words
from kit.pdf.world import CHINESE, JAPANESE, SCRIPTS, face
from tests.campaign.stamp_check import wrong_glyphs
from tests.factories.pdf_files import add_page, complaints, pdf_file, picture, text_of, word_boxes

ADDRESS = "https://portal.example/current/01ARZ3NDEKTSV4RRFFQ69G5FAV"
NAMES = {
    "Arabic": ("محمد علي الحسن", "مدرسة القدس"),
    "Urdu": ("ڈاکٹر گلزار خان", "پنجاب سکول"),
    "Hebrew": ("דוד לוי", "בית ספר"),
    "Devanagari": ("प्रियंका क्षत्रिय", "श्री विद्यालय"),
    "Bengali": ("মোহাম্মদ রহমান", "বিদ্যালয়"),
    "Gurmukhi and Gujarati": ("ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "ગુજરાતી શાળા"),
    "Tamil": ("தமிழ்ச்செல்வி ஸ்ரீ", "பள்ளி"),
    "Telugu and Kannada": ("తెలుగు", "ಕನ್ನಡ"),
    "Malayalam and Sinhala": ("മലയാളം", "සිංහල"),
    "Thai and Lao": ("เกียรติศักดิ์ น้ำใจ", "ລາວ"),
    "Chinese": ("李小龙 歐陽", "深圳市教育局"),
    "Japanese": ("田中 さくら", "東京都教育委員会"),
    "Korean": ("김철수", "서울교육청"),
    "Khmer and Burmese": ("ខ្មែរ", "ဗမာ"),
    "Georgian, Armenian, Ethiopic": ("ქართული Հայ", "አማርኛ"),
    "with joiners": ("ශ්\u200dරී র\u200d্যাব", "Lakeshire"),
    "Persian with joiners": ("علی\u200cرضا می\u200cرزا", "Lakeshire"),
    "Tibetan": ("བོད་ཡིག", "Lakeshire"),
    "accents beyond ours": ("Ɓ̀ɔ̃́lá Ж́ук", "Lakeshire"),
    "mixed": ("محمد Ali", "Lakeshire מרכז 42 Trust"),
}
LONG_CODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
RIGHT_TO_LEFT = {"Arabic", "Urdu", "Hebrew", "Persian with joiners", "mixed"}


def facts(name: str, organisation: str, code: str = "7F3A-9C2K") -> StampFacts:
    return StampFacts(name, organisation, "22 November 2026", "Edition 3.2", code)


def blank(path: Path, size: tuple[int, int]) -> Path:
    """A file of one empty page."""
    with pikepdf.new() as pdf:
        add_page(pdf, b"", box=(0, 0, *size))
        pdf.save(path)
    return path


def made(folder: Path, source: Path | None = None) -> Prepared:
    source = source or pdf_file(folder / "a.pdf", pages=2)
    return prepare(source, folder / "prepared.pdf", style=StampStyle.FULL, address=ADDRESS, edition_label="Edition 3.2")


def copied(folder: Path, prepared: Prepared, said: StampFacts) -> Path:
    patches = personal_bytes(prepared, said)
    write_copy(folder / "prepared.pdf", folder / "copy.pdf", patches)
    assert (folder / "copy.pdf").stat().st_size == size_of(prepared, patches)
    return folder / "copy.pdf"


@cache
def _faces() -> Faces:
    return Faces(glyph_table().advances, glyph_table(COMPANION).advances)


@pytest.fixture(scope="module")
def two_pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Prepared]:
    """A file of two pages, prepared once for every name."""
    folder = tmp_path_factory.mktemp("two")
    return folder, made(folder)


@pytest.mark.parametrize("script", NAMES)
def test_a_name_is_drawn_in_its_script_and_extracted(two_pages: tuple[Path, Prepared], script: str) -> None:
    said = facts(*NAMES[script])
    copy = copied(*two_pages, said)
    assert complaints(copy) == ""
    assert wrong_glyphs(copy) == ""
    for page in (1, 2):
        text = text_of(copy, page)
        if script in RIGHT_TO_LEFT:  # poppler puts marks of direction into what it extracts
            text = re.sub("[\u202a-\u202e]", " ", text)
            assert set(personal_text(StampStyle.FULL, said).split()) <= set(text.split())
        else:
            assert personal_text(StampStyle.FULL, said) in text
        assert f"Page {page}" in text


def test_an_empty_box_would_be_found(tmp_path: Path) -> None:
    copy = copied(tmp_path, made(tmp_path), facts(*NAMES["Arabic"]))
    with pikepdf.open(copy, allow_overwriting_input=True) as pdf:
        slot = _slot(pdf)
        slot.write(re.sub(rb"(NotoSansArabic [\d.]+ Tf \[)<[0-9A-F]{4}>", rb"\1<0000>", slot.read_bytes()))
        pdf.save(copy)
    assert wrong_glyphs(copy) != ""


@pytest.fixture(scope="module")
def empty_page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Prepared]:
    """The same of one page without anything."""
    folder = tmp_path_factory.mktemp("empty")
    return folder, made(folder, pdf_file(folder / "a.pdf", b""))


@pytest.mark.parametrize("script", NAMES)
def test_the_stamp_is_ink_where_its_words_are(tmp_path: Path, empty_page: tuple[Path, Prepared], script: str) -> None:
    after = picture(copied(*empty_page, facts(*NAMES[script])), 1, tmp_path, 144)
    _, top, _, bottom = ImageChops.invert(after).getbbox() or (0, 0, 0, 0)
    assert top >= after.height - 110
    assert bottom <= after.height - 10
    for word, x_min, y_min, x_max, y_max in word_boxes(empty_page[0] / "copy.pdf", 1):
        if word in NAMES[script][0].split():
            ink = after.crop((int(x_min * 2), int(y_min * 2), int(x_max * 2) + 1, int(y_max * 2) + 1))
            assert ink.getextrema()[0] < 200, word
            assert y_max - y_min >= 5, word


def test_the_copy_is_the_prepared_file_and_more(tmp_path: Path) -> None:
    prepared = made(tmp_path)
    copy = copied(tmp_path, prepared, facts(*NAMES["Arabic"])).read_bytes()
    assert copy.startswith((tmp_path / "prepared.pdf").read_bytes())
    assert len(copy) - prepared.size < 20_000
    assert copy == copied(tmp_path, prepared, facts(*NAMES["Arabic"])).read_bytes()


@pytest.mark.parametrize("chunk", [1000, 4096, 1 << 20])
def test_any_range_of_it_is_spliced(tmp_path: Path, chunk: int) -> None:
    prepared = made(tmp_path)
    patches = personal_bytes(prepared, facts(*NAMES["Chinese"]))
    whole = copied(tmp_path, prepared, facts(*NAMES["Chinese"])).read_bytes()
    stored, end = (tmp_path / "prepared.pdf").read_bytes(), size_of(prepared, patches)
    for low, high in ((0, end), (10, prepared.size), (prepared.size - 5, end), (prepared.size + 7, end - 9)):
        assert b"".join(spliced(lambda at, to: stored[at:to], patches, low, high, chunk)) == whole[low:high]


def test_120_characters_of_any_script_are_fitted_and_never_cut() -> None:
    for script, (name, organisation) in NAMES.items():
        said = facts((f"{name} " * 120)[:120].strip(), (f"{organisation} " * 120)[:120].strip())
        for width in (496.0, 224.0):
            text = personal_text(StampStyle.FULL, said)
            content = set_words(text, _faces(), Slot(0, 0, width, 193.0)).content
            sizes = [float(size) for size in re.findall(rb" ([\d.]+) Tf", content)]
            assert min(sizes) >= 5, script
            widest = float(re.findall(rb"0 ([\d.]+) [\d.]+ re", content)[0])
            assert widest <= width + 4.01, script


# Small pages, and whether there is room for a code beside the words.
SMALL = {(298, 420): True, (420, 298): True, (300, 250): True, (210, 298): False}


@pytest.mark.parametrize("size", SMALL)
@pytest.mark.parametrize("name", ["Wilhelmina " * 10, "深圳市教育局海岸線學" * 12], ids=["Latin", "Chinese"])
def test_a_long_name_leaves_a_small_page_room_for_itself(tmp_path: Path, size: tuple[int, int], name: str) -> None:
    prepared = made(tmp_path, blank(tmp_path / "a.pdf", size))
    assert any("too small for the square code" in note for note in prepared.notes) != SMALL[size]
    copy = copied(tmp_path, prepared, facts(name, "Lakeshire Council", LONG_CODE))
    drawn, code = picture(copy, 1, tmp_path, 144), 2 * 41 if SMALL[size] else 0
    words = drawn.crop((0, 0, int(drawn.width * 0.96) - code, drawn.height))
    left, top, right, bottom = ImageChops.invert(words).getbbox()  # type: ignore[misc]
    assert (right - left) * (bottom - top) + code * code <= 0.12 * drawn.width * drawn.height


def test_names_that_would_cover_too_much_of_a_small_page_are_refused(tmp_path: Path) -> None:
    prepared = made(tmp_path, blank(tmp_path / "a.pdf", (210, 298)))
    with pytest.raises(DoesNotFit):
        personal_bytes(prepared, facts("深" * 120, "海" * 120, LONG_CODE))


def test_every_cluster_of_a_long_name_is_set_once() -> None:
    text = "深" * 60 + " · " + "ก็" * 60 + " · 22 November 2026"
    content = set_words(text, _faces(), Slot(0, 0, 224.0, 193.0)).content
    said = re.findall(rb"ActualText <FEFF([0-9A-F]+)>", content)
    assert b"".join(bytes.fromhex(one.decode()) for one in said).decode("utf-16-be").replace(" ", "") == (
        "深" * 60 + "ก็" * 60
    )


@pytest.mark.parametrize("name", ["ශ්\u200dරී", "র\u200d্যাব", "علی\u200cرضا"])
def test_a_joiner_gives_a_name_other_shapes(name: str) -> None:
    def shapes(text: str) -> list[int]:
        clusters = set_words(text, _faces(), Slot(0, 0, 496.0, 193.0)).clusters
        return [glyph.number for cluster in clusters for glyph in cluster.glyphs if glyph.advance]

    assert shapes(name) != shapes(re.sub("[\u200c\u200d]", "", name))


def test_japanese_names_have_the_shapes_of_japan() -> None:
    slot = Slot(0, 0, 496.0, 193.0)
    assert {one.face for one in set_words("田中 さくら · 東京都", _faces(), slot).clusters} == {JAPANESE}
    assert {one.face for one in set_words("李小龙 · 深圳", _faces(), slot).clusters} == {CHINESE}


@pytest.mark.parametrize(("name", "missing"), [("Ann 🙂", "🙂"), ("𓀀𓀁 محمد", "𓀀𓀁")])
def test_what_no_typeface_has_is_refused_with_the_characters(tmp_path: Path, name: str, missing: str) -> None:
    with pytest.raises(NameNotDrawable) as refused:
        personal_bytes(made(tmp_path), facts(name, "Lakeshire"))
    assert refused.value.characters == missing


def test_a_file_prepared_before_there_was_a_way_refuses_such_a_name(tmp_path: Path) -> None:
    kept = made(tmp_path).to_json()
    del kept["ending"]
    with pytest.raises(NameNotDrawable):
        personal_bytes(Prepared.from_json(kept), facts(*NAMES["Arabic"]))
    assert len(personal_bytes(Prepared.from_json(kept), facts("Siân", "Lakeshire"))) == 1


def test_pages_of_several_shapes_each_carry_the_name(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        for box, turn in (((0, 0, 595, 842), 0), ((0, 0, 842, 595), 0), ((0, 0, 595, 842), 90), ((0, 0, 298, 420), 0)):
            add_page(pdf, box=box, Rotate=turn)
        pdf.save(tmp_path / "b.pdf")
    copy = copied(tmp_path, made(tmp_path, tmp_path / "b.pdf"), facts(*NAMES["Korean"]))
    for page in (1, 2, 3, 4):
        assert "김철수 · 서울교육청 · 22 November 2026" in text_of(copy, page)


@pytest.mark.parametrize("name", [*SCRIPTS, CHINESE, JAPANESE])
def test_each_typeface_is_there(name: str) -> None:
    assert len(face(name).characters) > 40


def _slot(pdf: pikepdf.Pdf) -> pikepdf.Object:
    objects = pdf.pages[0].obj["/Resources"]["/XObject"]
    stamp = next(form for name, form in objects.items() if name.startswith("/Stamp"))
    return stamp["/Resources"]["/XObject"]["/Slot"]
