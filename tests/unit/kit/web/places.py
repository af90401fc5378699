"""Where the files of the look are."""

from pathlib import Path

ROOT = Path(__file__).parents[4]
STATIC = ROOT / "portal" / "static"
TEMPLATES = ROOT / "portal" / "templates"
