"""Codes that nobody can guess, and one-way fingerprints of secrets."""

import hashlib
import secrets

# Without I, L, O and U: read aloud and typed from paper without mistakes (Crockford's base 32).
READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 26  # 26 characters of 5 bits: 130 bits, above the 128 that the house asks for


def new_code() -> str:
    """A random code of 130 bits from the operating system, for addresses and for paper."""
    number = secrets.randbits(5 * CODE_LENGTH)  # asked for at once: character by character took 50 system calls
    return "".join(READABLE[number >> shift & 31] for shift in range(0, 5 * CODE_LENGTH, 5))


def new_token() -> str:
    """A one-use secret of 256 bits, safe in an address. Keep only its `fingerprint`."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """SHA-256 of a secret, in hex: what is kept in place of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def typed_code(text: str) -> str:
    """A code as a person types it (lower case, spaces, O for 0, I or L for 1), made equal to what we stored."""
    kept = "".join(ch for ch in text.upper() if ch.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))
