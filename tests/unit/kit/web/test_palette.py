"""The colours can be read: ratios recomputed from theme.css, as WCAG 2.2 defines them."""

import re

import pytest

from tests.unit.kit.web.places import STATIC

TEXT = 4.5
CONTROL = 3.0

# (foreground, background): what theme.css puts on what. Names are its custom properties.
TEXT_PAIRS = [
    *[(ink, ground) for ink in ("--sb-ink", "--sb-ink-soft", "--brand-deep", "--brand-link")
      for ground in ("--sb-page", "--sb-card", "--brand-wash", "--sb-honey-wash", "--sb-moss-wash", "--sb-brick-wash",
                     "--sb-slate-wash")],
    *[("--govuk-link-visited-colour", ground) for ground in ("--sb-page", "--sb-card", "--brand-wash")],
    *[("--sb-brick", ground) for ground in ("--sb-page", "--sb-card", "white")],
    ("--brand", "--brand-wash"), ("--brand", "--sb-card"),
    ("--sb-moss", "--sb-moss-wash"), ("--sb-honey-ink", "--sb-honey-wash"),
    ("--sb-brick", "--sb-brick-wash"), ("--sb-slate", "--sb-slate-wash"),
    ("white", "--brand"), ("white", "--brand-deep"), ("white", "--sb-moss"),
    ("white", "--sb-brick"), ("white", "--sb-slate"),
    ("--brand-deep", "--brand-warm"), ("--govuk-focus-text-colour", "--sb-focus"),
    ("#eadfe9", "--brand-deep"), ("--sb-ink-soft", "#efe8e1"), ("--sb-ink-soft", "--sb-line"),
]  # fmt: skip
CONTROL_PAIRS = [
    *[("--govuk-input-border-colour", ground) for ground in ("white", "--sb-page", "--sb-card", "--brand-wash")],
    *[("--sb-line-strong", ground) for ground in ("--sb-card", "--sb-page")],
    *[("--brand", ground) for ground in ("--sb-page", "--sb-card", "--brand-wash", "#e2d0e0")],
    ("--sb-brick", "white"), ("--govuk-focus-text-colour", "--sb-page"),
    ("--sb-moss", "--sb-page"), ("--sb-moss", "--sb-card"),
]  # fmt: skip


def tokens(css: str) -> dict[str, str]:
    """Return the custom properties of `:root`, references followed."""
    root = "".join(re.findall(r":root\{(.*?)\}", css, re.S))
    found = dict(re.findall(r"(--[\w-]+)\s*:\s*([^;]+);", re.sub(r"/\*.*?\*/", "", root, flags=re.S)))
    return {name: follow(value, found) for name, value in found.items()}


def follow(value: str, known: dict[str, str]) -> str:
    """Return a value with `var(--…)` replaced, however long the chain."""
    while found := re.search(r"var\((--[\w-]+)\)", value):
        value = value.replace(found[0], known[found[1]])
    return value


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def too_faint(css: str) -> list[str]:
    """Return every pair that is below its bar, with its ratio."""
    named = tokens(css) | {"white": "#ffffff"}
    pairs = [(pair, TEXT) for pair in TEXT_PAIRS] + [(pair, CONTROL) for pair in CONTROL_PAIRS]
    measured = [(pair, bar, ratio(*(named.get(name, name) for name in pair))) for pair, bar in pairs]
    return [f"{front} on {back}: {found:.2f} < {bar}" for (front, back), bar, found in measured if found < bar]


def test_every_pair_can_be_read() -> None:
    assert too_faint((STATIC / "theme.css").read_text()) == []


def test_ratios_are_those_of_the_standard() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(
    ("token", "faint"), [("--brand", "#8f6a94"), ("--brand-link", "#b08ab0"), ("--brand-warm", "#6b3a10")]
)
def test_a_faint_brand_is_refused(token: str, faint: str) -> None:
    css = re.sub(rf"{token}:#[0-9a-f]{{6}}", f"{token}:{faint}", (STATIC / "theme.css").read_text())
    assert any(token in line for line in too_faint(css))
