"""Colours of the brand on paper; the names are those of the portal's theme."""

from reportlab.lib.colors import HexColor

INK = HexColor("#271c29")
SOFT_INK = HexColor("#5a4d5c")
DUSK = HexColor("#2c1730")
DAMSON = HexColor("#4b2350")
DAMSON_LIGHT = HexColor("#5c3061")
DAMSON_PALE = HexColor("#74467a")
PLUM = HexColor("#6b2a6b")
HONEY = HexColor("#e39a2d")
HONEY_WASH = HexColor("#fdf0d6")
HEATHER = HexColor("#f3e9f1")
HEATHER_LINE = HexColor("#a888a8")
OAT = HexColor("#faf6f1")
SLATE = HexColor("#2a536e")
SLATE_WASH = HexColor("#e3edf4")
LINE = HexColor("#cbb3c9")
MOON = HexColor("#f0e6ef")
WHITE = HexColor("#ffffff")
