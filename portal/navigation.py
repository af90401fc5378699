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
_TRAINERS_HOME = ("Home", "/home")
_BY_ROLE: dict[Role, tuple[tuple[str, str], ...]] = {
    Role.TRAINER: (("Home", "/"), ("Materials", "/materials"), ("Your copies", "/copies"), _HELP),
    # Managers and finance contacts land on their organisation: without a seat, a Home beside it would be empty.
    Role.MANAGER: (("Organisation", "/organisation"), ("Materials", "/materials"), ("Your copies", "/copies"), _HELP),
    Role.FINANCE: (("Organisation", "/organisation"), _HELP),
    Role.STAFF: (
        ("Home", "/admin"),
        ("Materials", "/admin/materials"),
        ("Organisations", "/admin/organisations"),
        ("Renewals", "/admin/renewals"),
        ("People", "/admin/people"),
        ("Copies", "/admin/copies"),
        ("Mails", "/admin/mails"),
        ("Audit", "/admin/audit"),
        ("Texts", "/admin/legal"),
        _HELP,
    ),
}


def navigation(viewer: Viewer | None, path: str, *, delivers: bool = False) -> list[Entry]:
    """The entries for a viewer; the one with the longest address above the page is the current one.

    A manager who `delivers`, that is who holds a seat, has a trainer's home beside the organisation.
    """
    if viewer is None:
        return []
    entries = _BY_ROLE[viewer.role]
    if delivers and viewer.role is Role.MANAGER:
        entries = (_TRAINERS_HOME, *entries)
    here = max((url for _, url in entries if _is_within(path, url)), key=len, default=None)
    return [Entry(label, url, url == here) for label, url in entries]


# Parts whose addresses do not lie below the page that leads to them.
_BELONGS = {
    "/admin/editions": "/admin/materials",
    "/admin/programmes": "/admin/materials",
    "/admin/licences": "/admin/organisations",
    "/admin/orders": "/admin/organisations",
    "/admin/invoices": "/admin/organisations",
    "/admin/payments": "/admin/organisations",
    "/admin/collecting": "/admin/renewals",
    "/admin/bank-details": "/admin/renewals",
    "/admin/quotes": "/admin/renewals",
    "/admin/imports": "/admin/organisations",
    "/admin/merges": "/admin/organisations",
    "/admin/members": "/admin/people",
}


def _is_within(path: str, url: str) -> bool:
    """Home pages hold only themselves; the others all that lies below them, and what belongs to them."""
    if path == url:
        return True
    if url in ("/", "/admin"):
        return url == "/admin" and path.startswith("/admin/work")
    return path.startswith(url + "/") or any(path.startswith(part) and url == home for part, home in _BELONGS.items())
