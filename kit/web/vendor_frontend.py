"""Put the outside front-end files into the static folder; run by hand when a version changes.

    npm pack govuk-frontend@6.6.0 htmx.org@4.0.1 @fontsource/atkinson-hyperlegible-next@5.3.0
    python -m kit.web.vendor_frontend FOLDER_WITH_THE_TGZ_FILES portal/static/vendor

The results are committed, so neither node nor a registry is needed to build or run the portal. Every assumption
about the packages is asserted: a new version that breaks one stops here and not in front of a reader.
"""

import argparse
import hashlib
import re
import tarfile
from pathlib import Path

GOVUK = "govuk-frontend-6.6.0.tgz"
HTMX = "htmx.org-4.0.1.tgz"
FONT = "fontsource-atkinson-hyperlegible-next-5.3.0.tgz"

# Digests of the packages that were read and accepted; a different file of the same name is refused.
ACCEPTED = {
    GOVUK: "52c4eb554e54d8a6e4ba801e9da5ec3a5b930fd2f117a39677f0b6296e954751",
    HTMX: "5fba65616ca148a86d377e9771bcada7f35faee3558651feb929eea425e13b3c",
    FONT: "33dcb7d0d4e2ea98a96985ca7448f738c3b5b370cfc5230b1e40e4f728920cc2",
}

FONT_FILES = (
    "atkinson-hyperlegible-next-latin-400-normal.woff2",
    "atkinson-hyperlegible-next-latin-400-italic.woff2",
    "atkinson-hyperlegible-next-latin-700-normal.woff2",
    "atkinson-hyperlegible-next-latin-ext-400-normal.woff2",
    "atkinson-hyperlegible-next-latin-ext-700-normal.woff2",
)


class UnexpectedPackageError(Exception):
    """A package is not the one that was accepted, or no longer looks as this script expects."""


def must(condition: bool, what: str) -> None:
    """Stop with `what` unless the condition holds; unlike assert it also works under `python -O`."""
    if not condition:
        raise UnexpectedPackageError(what)


def member(folder: Path, package: str, name: str) -> bytes:
    """Return one file of an accepted npm package; `name` is below the package's own `package/` folder."""
    archive = folder / package
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    must(digest == ACCEPTED[package], f"{package} has digest {digest}: not the file that was accepted")
    with tarfile.open(archive) as opened:
        handle = opened.extractfile(f"package/{name}")
        must(handle is not None, f"{package} has no {name}")
        return handle.read() if handle else b""


def without_source_map(text: str) -> str:
    """Drop the pointer to a source map: the map is not vendored and a browser would ask for it in vain."""
    return re.sub(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*", "", text).strip() + "\n"


def own_brand(css: str) -> str:
    """Return GOV.UK Frontend's CSS without what belongs to GOV.UK: its typeface (not licensed to others) and crest."""
    css, faces = re.subn(r"@font-face\{[^}]*GDS Transport[^}]*\}", "", css)
    must(faces == 2, f"expected 2 restricted @font-face rules, found {faces}")
    css, notices = re.subn(r"/\*![^*]*Margaret Calvert[^*]*\*/", "", css)
    must(notices == 1, f"expected 1 notice of the restricted typeface, found {notices}")
    css, stacks = re.subn(r"GDS Transport,\s*arial,\s*sans-serif", "var(--app-font)", css)
    must(stacks == 58, f"expected 58 font stacks, found {stacks}")
    css, crests = re.subn(r"url\(/assets/images/govuk-crest\.svg\)", "none", css)
    must(crests == 3, f"expected 3 crests, found {crests}")
    for trace in ("GDS Transport", "/assets/", "crest", "@font-face", "url("):
        must(trace not in css, f"{trace!r} is still in the CSS")
    must('--govuk-frontend-version:"6.6.0"' in css, "the CSS is of another version")
    return without_source_map(css)


def vendor(folder: Path, out: Path) -> list[Path]:
    """Write every vendored file below `out` and return their paths."""

    def text_of(name: str) -> str:
        return member(folder, GOVUK, name).decode()

    files = {
        "govuk-frontend.min.css": own_brand(text_of("dist/govuk/govuk-frontend.min.css")).encode(),
        "govuk-frontend.min.js": without_source_map(text_of("dist/govuk/govuk-frontend.min.js")).encode(),
        "htmx.min.js": without_source_map(member(folder, HTMX, "dist/htmx.min.js").decode()).encode(),
        "htmx-LICENSE.txt": member(folder, HTMX, "LICENSE"),
        "fonts/OFL.txt": member(folder, FONT, "LICENSE"),
    }
    files |= {f"fonts/{name}": member(folder, FONT, f"files/{name}") for name in FONT_FILES}
    written = []
    for name, content in files.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written.append(target)
    return written


def main() -> None:
    """Read the two folders from the command line and say what was written."""
    parser = argparse.ArgumentParser(description="Vendor the front-end files from npm packages, without node.")
    parser.add_argument("packages", type=Path, help="folder that holds " + ", ".join(ACCEPTED))
    parser.add_argument("out", type=Path, help="folder to write to, for example portal/static/vendor")
    chosen = parser.parse_args()
    for path in vendor(chosen.packages, chosen.out):
        print(f"{path.stat().st_size:>8}  {path}")


if __name__ == "__main__":
    main()
