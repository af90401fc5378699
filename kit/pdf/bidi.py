"""In which order a line of mixed writing directions is drawn: the Unicode Bidirectional Algorithm (UAX #9).

Without its explicit marks, which `kit.pdf.text.single_line` takes out, and for a single paragraph: what is asked for is
the level of each character (even: left to right, odd: right to left), and the order in which levels are drawn.
"""

import unicodedata
from collections.abc import Sequence

_STRONG = {"L": 0, "R": 1, "AL": 1}
_NUMBERS = frozenset({"EN", "AN"})
_NEUTRAL = frozenset({"B", "S", "WS", "ON"})
_BRACKETS = dict(zip("([{（［「『【《〈", ")]}）］」』】》〉", strict=True))


def levels(text: str) -> list[int]:
    """The embedding level of each character; the first strong letter tells the direction of the whole (P2, P3)."""
    classes = [unicodedata.bidirectional(character) or "L" for character in text]
    base = next((_STRONG[one] for one in classes if one in _STRONG), 0)
    outside = "R" if base else "L"
    _settle_weak(classes, outside)
    _settle_brackets(text, classes, outside)
    _settle_neutral(classes, outside)
    return [_level(one, base) for one in classes]


def visual_order(known: Sequence[int]) -> list[int]:
    """The places of a line's characters from left to right (rule L2)."""
    order = list(range(len(known)))
    for level in range(max(known, default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and known[order[end]] >= level:
                end += 1
            order[at:end] = order[at:end][::-1]
            at = end + 1
    return order


def _level(one: str, base: int) -> int:
    """Rules I1 and I2."""
    if base % 2 == 0:
        return base + {"L": 0, "R": 1}.get(one, 2)
    return base + (0 if one == "R" else 1)


def _settle_weak(classes: list[str], outside: str) -> None:
    """Rules W1 to W7, in place."""
    _marks_and_letters(classes, outside)
    for at in range(1, len(classes) - 1):  # W4
        before, after = classes[at - 1], classes[at + 1]
        if before == after and (
            (classes[at] == "ES" and before == "EN") or (classes[at] == "CS" and before in _NUMBERS)
        ):
            classes[at] = before
    _signs_of_numbers(classes)
    strong = outside
    for at, one in enumerate(classes):  # W7
        if one in ("L", "R"):
            strong = one
        elif one == "EN" and strong == "L":
            classes[at] = "L"


def _marks_and_letters(classes: list[str], outside: str) -> None:
    """W1: marks are as what they stand on. W2: figures after Arabic letters are Arabic. W3: those letters are R."""
    before = strong = outside
    for at, one in enumerate(classes):
        classes[at] = one = before if one == "NSM" else one
        if one in _STRONG:
            strong = one
        elif one == "EN" and strong == "AL":
            classes[at] = "AN"
        before = one
    classes[:] = ["R" if one == "AL" else one for one in classes]


def _signs_of_numbers(classes: list[str]) -> None:
    """W5: signs such as % beside a figure go with it. W6: what is left of signs and separators is neutral."""
    at = 0
    while at < len(classes):
        end = at
        while end < len(classes) and classes[end] == "ET":
            end += 1
        if end > at and "EN" in (classes[at - 1] if at else "", classes[end] if end < len(classes) else ""):
            classes[at:end] = ["EN"] * (end - at)
        at = end + 1
    classes[:] = ["ON" if one in ("ES", "ET", "CS", "BN") else one for one in classes]


def _settle_brackets(text: str, classes: list[str], outside: str) -> None:
    """N0: a pair of brackets takes the direction of what it holds, or of what it stands in, as a pair."""
    for first, last in _pairs(text, classes):
        inside = {_direction(one) for one in classes[first + 1 : last]}
        if outside in inside:
            settled = outside
        elif inside - {""}:
            before = next((found for one in reversed(classes[:first]) if (found := _direction(one))), outside)
            settled = before
        else:
            continue
        classes[first] = classes[last] = settled


def _pairs(text: str, classes: list[str]) -> list[tuple[int, int]]:
    open_at: list[int] = []
    found = []
    for at, character in enumerate(text):
        if classes[at] != "ON":
            continue
        if character in _BRACKETS:
            open_at.append(at)
        match = next((place for place in reversed(open_at) if _BRACKETS[text[place]] == character), None)
        if match is not None:
            del open_at[open_at.index(match) :]
            found.append((match, at))
    return sorted(found)


def _settle_neutral(classes: list[str], outside: str) -> None:
    """N1 and N2: what is neutral goes with both its neighbours when they agree, else with the whole."""
    at = 0
    while at < len(classes):
        end = at
        while end < len(classes) and classes[end] in _NEUTRAL:
            end += 1
        if end > at:
            before = _direction(classes[at - 1]) if at else outside
            after = _direction(classes[end]) if end < len(classes) else outside
            classes[at:end] = [before if before == after else outside] * (end - at)
        at = end + 1


def _direction(one: str) -> str:
    """The direction that a settled class counts as; empty for a neutral one."""
    return "R" if one in ("R", "EN", "AN") else "L" if one == "L" else ""
