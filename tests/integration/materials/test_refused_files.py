"""A file that cannot be stamped: staff read on the draft's page why, and what to do about it."""

from html import unescape
from pathlib import Path

from kit.pdf.stamping import RefusalReason
from kit.pdf.stamping.refusals import MESSAGES
from tests.factories.unfit_files import unfit_file
from tests.integration.materials.drafts import drafted, prepare, send
from tests.world import STAFF, World

# The form itself refuses these two; a page that is too small is named, and a signature is asked about.
AT_THE_FORM = {RefusalReason.NOT_A_PDF, RefusalReason.TOO_LARGE}
WORDS = MESSAGES | {
    RefusalReason.PAGE_TOO_SMALL: "Page 2 of this PDF is too small to carry a stamp.",
    RefusalReason.SIGNED: "This file has a digital signature",
}


def test_every_refusal_is_told_to_staff_with_what_to_do(world: World, tmp_path: Path) -> None:
    staff, source = world.browser(STAFF), tmp_path / "a.pdf"
    edition_id = drafted(staff, world, unfit_file(source, RefusalReason.NO_PAGES))
    draft = f"/admin/editions/{edition_id}"
    answered = send(staff, f"{draft}/file", unfit_file(source, RefusalReason.NOT_A_PDF))
    assert answered.status_code == 400
    assert MESSAGES[RefusalReason.NOT_A_PDF] in unescape(answered.text)
    for reason in (one for one in RefusalReason if one not in AT_THE_FORM):
        send(staff, f"{draft}/file", unfit_file(source, reason))
        prepare(world, edition_id)
        page = unescape(staff.get(draft).text)
        assert WORDS[reason] in page, reason
        assert "Use another file" in page
        assert "The pages are ready" not in page
