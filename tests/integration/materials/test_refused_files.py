"""A file that cannot be stamped: staff read on the draft's page why, and what to do about it."""

import io
from html import unescape
from pathlib import Path

from kit.pdf.stamping import RefusalReason
from kit.pdf.stamping.refusals import MESSAGES
from materials import preparing
from tests.factories.unfit_files import unfit_file
from tests.world import STAFF, World

# The form itself refuses these two; a page that is too small is named, and a signature is asked about.
AT_THE_FORM = {RefusalReason.NOT_A_PDF, RefusalReason.TOO_LARGE}
WORDS = MESSAGES | {
    RefusalReason.PAGE_TOO_SMALL: "Page 2 of this PDF is too small to carry a stamp.",
    RefusalReason.SIGNED: "This file has a digital signature",
}


def test_every_refusal_is_told_to_staff_with_what_to_do(world: World, tmp_path: Path) -> None:
    staff, house = world.browser(STAFF), world.house
    new = f"/admin/materials/{world.handouts}/editions/new"

    def sent(address: str, reason: RefusalReason, **fields: str) -> object:
        content = unfit_file(tmp_path / "a.pdf", reason).read_bytes()
        form = {**fields, "file": (io.BytesIO(content), "manual.pdf")}
        return staff.post(address, form, content_type="multipart/form-data")

    answered = sent(new, RefusalReason.NOT_A_PDF, number="1.1")
    assert answered.status_code == 400
    assert MESSAGES[RefusalReason.NOT_A_PDF] in unescape(answered.text)
    reasons = [reason for reason in RefusalReason if reason not in AT_THE_FORM]
    address = sent(new, reasons[0], number="1.1").headers["Location"]
    edition_id = int(address.rsplit("/", 1)[1])
    for reason in reasons:
        sent(f"/admin/editions/{edition_id}/file", reason)
        preparing.prepare_edition(house.database, house.clock, house.store, house.links, edition_id=edition_id)
        page = unescape(staff.get(f"/admin/editions/{edition_id}").text)
        assert WORDS[reason] in page, reason
        assert "Use another file" in page
        assert "The pages are ready" not in page
