"""The words for kinds of materials and for the states of an edition: what other packages may know of the tables."""

from enum import StrEnum


class MaterialKind(StrEnum):
    """What a material is."""

    MANUAL = "trainer manual"
    SLIDES = "slide deck"
    HANDOUT = "handout"
    REFERENCE_BOOK = "reference book"


class EditionState(StrEnum):
    """A draft may change; a published edition never does; a withdrawn one is listed with its reason."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Signature(StrEnum):
    """What becomes of the digital signature of an edition's file, which stamping breaks."""

    ASKED = "asked"
    GIVEN_UP = "given up"


class Preparation(StrEnum):
    """How far the file of an edition is on its way to being stamped."""

    WAITING = "waiting"
    PLACING = "placing the stamp"
    TRYING = "trying a copy"
    READY = "ready"
    REFUSED = "refused"
