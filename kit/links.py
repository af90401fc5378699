"""Absolute addresses on the portal's public name, never on what a request claims its host to be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublicLinks:
    """Links on `PORTAL_PUBLIC_URL`."""

    public_url: str

    def to(self, path: str) -> str:
        """The public address of a path that begins with a slash."""
        return self.public_url.rstrip("/") + path
