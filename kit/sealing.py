"""Sealing: short texts locked with a key derived from the portal's secret, readable and unchanged only with that key.

Fernet (AES-128-CBC with HMAC-SHA256 and a time stamp) under a key of its own for each purpose, derived with
HKDF-SHA256: what was sealed for one purpose opens for no other. When the portal's secret changes, nothing opens.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.clock import Clock


@dataclass(frozen=True)
class Sealer:
    """Seals and opens texts for one portal, on its own clock."""

    secret_key: str
    clock: Clock

    def seal(self, purpose: str, text: str) -> str:
        """The text, sealed now for a purpose; fit for an address, a form or a column."""
        return self._fernet(purpose).encrypt_at_time(text.encode(), self._now()).decode()

    def unseal(self, purpose: str, sealed: str, life: timedelta | None = None) -> str | None:
        """The text; None when it was not sealed by us for this purpose, or longer ago than `life`."""
        fernet = self._fernet(purpose)
        try:
            if life is None:
                return fernet.decrypt(sealed).decode()
            return fernet.decrypt_at_time(sealed, int(life.total_seconds()), self._now()).decode()
        except (InvalidToken, ValueError, UnicodeError):
            return None

    def derived(self, purpose: str, length: int = 32) -> bytes:
        """Bytes that only this portal can make, always the same for a purpose."""
        return HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(self.secret_key.encode())

    def _fernet(self, purpose: str) -> Fernet:
        return Fernet(urlsafe_b64encode(self.derived(purpose)))

    def _now(self) -> int:
        return int(self.clock.now().timestamp())
