"""The main navigation of each role."""

from dataclasses import dataclass

from licences.people.kinds import Role
from licences.people.viewer import Viewer


@dataclass(frozen=True)
class Entry:
    """A link of the main navigation; `current` when the page is in its part of the portal."""

    label: str
    url: str
    current: bool = False


_HELP = ("Help", "/help")
_BY_ROLE: dict[Role, tuple[tuple[str, str], ...]] = {
    Role.TRAINER: (("Home", "/"), ("Materials", "/materials"), ("Your copies", "/copies"), _HELP),
    Role.MANAGER: (
        ("Home", "/"),
        ("Organisation", "/organisation"),
        ("Materials", "/materials"),
        ("Your copies", "/copies"),
        _HELP,
    ),
    Role.FINANCE: (("Home", "/"), ("Organisation", "/organisation"), _HELP),
    Role.STAFF: (
        ("Home", "/admin"),
        ("Materials", "/admin/materials"),
        ("Organisations", "/admin/organisations"),
        ("People", "/admin/people"),
        ("Copies", "/admin/copies"),
        ("Audit", "/admin/audit"),
        ("Texts", "/admin/legal"),
        _HELP,
    ),
}


def navigation(viewer: Viewer | None, path: str) -> list[Entry]:
    """The entries for a viewer; the one with the longest address above the page is the current one."""
    if viewer is None:
        return []
    entries = _BY_ROLE[viewer.role]
    here = max((url for _, url in entries if _is_within(path, url)), key=len, default=None)
    return [Entry(label, url, url == here) for label, url in entries]


def _is_within(path: str, url: str) -> bool:
    """Home pages hold only themselves; the others all that lies below them."""
    return path == url or (url not in ("/", "/admin") and path.startswith(url + "/"))
