"""A signed PDF: staff are told what stamping does to it, and decide; and what else they should know of a file."""

import io
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from kit.audit import AuditEntry
from kit.refusals import Refused
from materials import editions
from materials.kinds import Preparation, Signature
from tests.browser_like import Browser
from tests.factories.pdf_files import pdf_file, signed_file
from tests.integration.materials.drafts import drafted, facts, prepare, send
from tests.world import STAFF, World

TITLE = "This file has a digital signature"
BUTTON = "Make copies without the signature"


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def decide(staff: Browser, edition_id: int) -> TestResponse:
    return staff.post(f"/admin/editions/{edition_id}/signature", {})


def audited(world: World, action: str) -> int:
    with world.house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == action)) or 0


def test_staff_are_asked_and_decide(world: World, staff: Browser, tmp_path: Path) -> None:
    edition_id = drafted(staff, world, signed_file(tmp_path / "a.pdf"))
    page = staff.get(f"/admin/editions/{edition_id}").text
    assert TITLE in page
    assert BUTTON in page
    assert facts(world, edition_id).signature is Signature.ASKED
    assert decide(staff, edition_id).status_code == 303
    assert facts(world, edition_id).preparation is Preparation.WAITING
    assert audited(world, "signature given up") == 1
    prepare(world, edition_id)
    page = staff.get(f"/admin/editions/{edition_id}").text
    assert "The pages are ready" in page
    assert "Copies are without it; the original is kept as it was signed." in page
    copy = staff.get(f"/admin/editions/{edition_id}/preview").data
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        assert "/V" not in pdf.Root["/AcroForm"]["/Fields"][0]


def test_pressing_twice_is_deciding_once(world: World, staff: Browser, tmp_path: Path) -> None:
    edition_id = drafted(staff, world, signed_file(tmp_path / "a.pdf"))
    decide(staff, edition_id)
    decide(staff, edition_id)
    assert audited(world, "signature given up") == 1


def test_there_is_nothing_to_decide_about_another_file(world: World, staff: Browser, tmp_path: Path) -> None:
    edition_id = drafted(staff, world, pdf_file(tmp_path / "a.pdf"))
    assert BUTTON not in staff.get(f"/admin/editions/{edition_id}").text
    with world.house.database.write() as session, pytest.raises(Refused):
        editions.give_up_signature(session, world.house.clock, world.viewer(STAFF).actor, edition_id)


def test_a_decision_is_for_one_file(world: World, staff: Browser, tmp_path: Path) -> None:
    source = signed_file(tmp_path / "a.pdf")
    edition_id = drafted(staff, world, source)
    decide(staff, edition_id)
    send(staff, f"/admin/editions/{edition_id}/file", source)
    prepare(world, edition_id)
    assert facts(world, edition_id).signature is Signature.ASKED


def test_a_file_with_restrictions_is_kept_and_staff_are_told(world: World, staff: Browser, tmp_path: Path) -> None:
    with pikepdf.open(pdf_file(tmp_path / "a.pdf")) as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="secret", user=""))
    edition_id = drafted(staff, world, tmp_path / "locked.pdf")
    assert "restrictions set with an owner password" in staff.get(f"/admin/editions/{edition_id}").text
    original = tmp_path / "original.pdf"
    world.house.store.fetch(facts(world, edition_id).original_sha256, original)
    assert original.read_bytes() == (tmp_path / "locked.pdf").read_bytes()
