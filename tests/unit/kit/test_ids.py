"""Codes and secrets."""

import math

from kit.ids import CODE_LENGTH, READABLE, fingerprint, new_code, new_token, typed_code


def test_a_code_has_at_least_128_bits_and_no_letter_that_looks_like_another() -> None:
    assert CODE_LENGTH * math.log2(len(READABLE)) >= 128
    assert not set("ILOU") & set(READABLE)
    assert all(len(new_code()) == CODE_LENGTH and set(new_code()) <= set(READABLE) for _ in range(50))


def test_codes_and_tokens_do_not_repeat() -> None:
    assert len({new_code() for _ in range(500)}) == 500
    assert len({new_token() for _ in range(500)}) == 500


def test_a_code_uses_every_sign() -> None:
    assert set("".join(new_code() for _ in range(200))) == set(READABLE)


def test_a_typed_code_is_forgiven_its_spelling() -> None:
    code = "0123456789ABCDEFGHJKMNPQRS"
    assert typed_code(code) == code
    assert typed_code("o123 4567-89ab cdef ghjk mnpq rs") == code
    assert typed_code("Ol23456789abcdefghjkmnpqrs") == code


def test_a_fingerprint_is_one_way_and_whole() -> None:
    assert fingerprint("secret") == "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    assert fingerprint("secret") != fingerprint("Secret")
