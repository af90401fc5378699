"""Files that cannot carry a stamp: each refused for its own reason, in words, and nothing written."""

import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from kit.pdf.stamping import CannotPrepare, RefusalReason, StampStyle, prepare
from kit.pdf.stamping.contents import LARGEST_CONTENT
from tests.factories.pdf_files import add_page, pdf_file
from tests.factories.unfit_files import unfit_file
from tests.faults.plan import SOAK


def tried(source: Path) -> CannotPrepare:
    """The refusal that preparing `source` ends in; nothing may be left where the prepared file would be."""
    target = source.with_name("prepared.pdf")
    with pytest.raises(CannotPrepare) as refused:
        prepare(source, target, style=StampStyle.FULL, address="portal.example/current/AB", edition_label="1.0")
    assert not list(source.parent.glob("prepared.pdf*"))
    return refused.value


def saved(path: Path, change: Callable[[Pdf], object], **options: object) -> Path:
    with pikepdf.new() as pdf:
        add_page(pdf)
        change(pdf)
        pdf.save(path, **options)  # type: ignore[arg-type]
    return path


def signature(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Sig, T=String("Signed"), V=Dictionary(Type=Name.Sig))
    group = pdf.make_indirect(Dictionary(T=String("Group"), Kids=Array([pdf.make_indirect(field)])))
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array([group]))


@pytest.mark.parametrize("reason", [reason for reason in RefusalReason if reason is not RefusalReason.TOO_LARGE])
def test_each_unfit_file_is_refused_for_its_reason(tmp_path: Path, reason: RefusalReason) -> None:
    refused = tried(unfit_file(tmp_path / "a.pdf", reason))
    assert refused.reason is reason
    assert refused.message.endswith(".")


def test_a_certified_file_counts_as_signed(tmp_path: Path) -> None:
    source = saved(tmp_path / "a.pdf", lambda pdf: pdf.Root.__setitem__("/Perms", Dictionary(DocMDP=Dictionary())))
    assert tried(source).reason is RefusalReason.SIGNED


@pytest.mark.parametrize("certified", [False, True])
def test_a_signed_file_is_stamped_without_its_signature_by_decision(tmp_path: Path, certified: bool) -> None:
    def sign(pdf: Pdf) -> None:
        signature(pdf)
        if certified:
            pdf.Root["/Perms"] = Dictionary(DocMDP=Dictionary())

    source, target = saved(tmp_path / "a.pdf", sign), tmp_path / "b.pdf"
    made = prepare(
        source, target, style=StampStyle.FULL, address="x.example", edition_label="1.0", without_signature=True
    )
    assert "without it" in made.notes[0]
    with pikepdf.open(target) as pdf:
        field = pdf.Root["/AcroForm"]["/Fields"][0]["/Kids"][0]
        assert "/V" not in field
        assert int(field["/Ff"]) & 1
        assert "/Perms" not in pdf.Root


def test_the_decision_changes_nothing_for_other_files(tmp_path: Path) -> None:
    source = pdf_file(tmp_path / "a.pdf")
    made = prepare(
        source, tmp_path / "b.pdf", style=StampStyle.FULL, address="x", edition_label="1.0", without_signature=True
    )
    assert not any("signature" in note for note in made.notes)


def test_the_message_names_the_page_that_is_too_small(tmp_path: Path) -> None:
    assert "Page 2 " in tried(unfit_file(tmp_path / "a.pdf", RefusalReason.PAGE_TOO_SMALL)).message


@pytest.mark.parametrize("content", [b"", b"<html></html>"])
def test_a_file_that_is_not_a_pdf(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    assert tried(tmp_path / "a.pdf").reason is RefusalReason.NOT_A_PDF


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.pdf.stamping.preparing.LARGEST_FILE", 100)
    assert tried(pdf_file(tmp_path / "a.pdf")).reason is RefusalReason.TOO_LARGE


def test_an_empty_signature_field_does_no_harm(tmp_path: Path) -> None:
    def unsigned(pdf: Pdf) -> None:
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([Dictionary(FT=Name.Sig, T=String("Sign here"))]))

    source = saved(tmp_path / "a.pdf", unsigned)
    prepare(source, tmp_path / "b.pdf", style=StampStyle.FULL, address="x.example", edition_label="1.0")


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A little more than a page may unpack to, packed."""
    packing = zlib.compressobj(1)
    piece = b"q Q " * 250_000
    return b"".join(packing.compress(piece) for _ in range(LARGEST_CONTENT // len(piece) + 1)) + packing.flush()


@pytest.mark.parametrize("twice", [False, True])
def test_contents_that_unpack_to_gigabytes_are_refused_cheaply(tmp_path: Path, bomb: bytes, twice: bool) -> None:
    packed, chain = (zlib.compress(bomb), [Name.FlateDecode] * 2) if twice else (bomb, [Name.FlateDecode])

    def plant(pdf: Pdf) -> None:
        pdf.pages[0].obj["/Contents"] = pdf.make_stream(packed, Filter=Array(chain))

    options = {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.none}
    assert tried(saved(tmp_path / "a.pdf", plant, **options)).reason is RefusalReason.TOO_LARGE


def test_damage_anywhere_is_refused_or_mended_never_a_crash(tmp_path: Path) -> None:
    whole = pdf_file(tmp_path / "whole.pdf", pages=3).read_bytes()
    chance = random.Random(20261122)
    outcomes = set()
    for number in range(600 if SOAK else 50):
        broken = bytearray(whole)
        for _ in range(chance.choice((1, 5, 40))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        source = tmp_path / "broken.pdf"
        source.write_bytes(broken[: chance.randrange(len(broken) // 2, len(broken) + 1)] if number % 3 == 0 else broken)
        try:
            prepare(source, tmp_path / "b.pdf", style=StampStyle.FULL, address="portal.example/x", edition_label="1.0")
            outcomes.add("prepared")
        except CannotPrepare as refused:
            outcomes.add(refused.reason)
    assert "prepared" in outcomes
    assert len(outcomes) > 1
