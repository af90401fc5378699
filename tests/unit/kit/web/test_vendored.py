"""What is vendored is what we may use, and every address in the styles leads to a file."""

import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from kit.web import vendor_frontend
from tests.unit.kit.web.places import STATIC

CSS = STATIC / "vendor" / "govuk-frontend.min.css"


@pytest.mark.parametrize(
    "trace", ["GDS Transport", "govuk-crest", "@font-face", "/assets/", "url(", "sourceMappingURL"]
)
def test_nothing_of_gov_uk_is_left_in_the_styles(trace: str) -> None:
    assert trace not in CSS.read_text()


def test_the_styles_ask_for_our_typeface() -> None:
    assert CSS.read_text().count("var(--app-font)") == 58


def test_every_address_in_the_theme_leads_to_a_file() -> None:
    wanted = re.findall(r"url\(\"?([^)\"#]+)\"?\)", (STATIC / "theme.css").read_text())
    assert wanted
    assert [name for name in wanted if not (STATIC / name).is_file()] == []


def test_fonts_are_fonts_and_their_licence_is_beside_them() -> None:
    fonts = sorted((STATIC / "vendor" / "fonts").glob("*.woff2"))
    assert [font.name for font in fonts] == sorted(vendor_frontend.FONT_FILES)
    assert {font.read_bytes()[:4] for font in fonts} == {b"wOF2"}
    assert "SIL Open Font License" in (STATIC / "vendor" / "fonts" / "OFL.txt").read_text()


def test_each_vendored_file_is_named_in_the_licences() -> None:
    told = (STATIC / "vendor" / "LICENCES.md").read_text()
    for path in (STATIC / "vendor").iterdir():
        assert path.name in told or path.name in ("LICENCES.md", "fonts"), path.name


def test_nothing_large_is_loaded() -> None:
    """Measured packed, as nginx sends it: a first visit on a slow school line."""
    sent = sum(
        len(subprocess.run(["gzip", "-9c", str(path)], capture_output=True, check=True).stdout)
        for path in (CSS, STATIC / "theme.css", STATIC / "start.js", STATIC / "vendor" / "govuk-frontend.min.js")
    )
    assert sent < 45_000


class TestTheScript:
    def test_another_package_of_the_same_name_is_refused(self, tmp_path: Path) -> None:
        with tarfile.open(tmp_path / vendor_frontend.GOVUK, "w:gz") as archive:
            archive.add(CSS, "package/dist/govuk/govuk-frontend.min.css")
        with pytest.raises(vendor_frontend.UnexpectedPackageError, match="not the file that was accepted"):
            vendor_frontend.vendor(tmp_path, tmp_path / "out")

    def test_a_package_that_changed_its_font_stacks_is_refused(self) -> None:
        with pytest.raises(vendor_frontend.UnexpectedPackageError, match="@font-face"):
            vendor_frontend.own_brand(CSS.read_text())
