"""The words for what stands in the register, and whose work it is."""

from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry of the register is. The order is that in which a search shows equals."""

    LOCAL_AUTHORITY = "local authority"
    GROUP = "group"
    ESTABLISHMENT = "establishment"


class EntryStatus(StrEnum):
    """Whether an entry is in being. What no longer stands in the file counts as closed."""

    OPEN = "open"
    PROPOSED = "proposed to open"
    CLOSED = "closed"


class FileKind(StrEnum):
    """The published files that are read."""

    ESTABLISHMENTS = "establishments"
    GROUPS = "groups"
    MEMBERS = "members of groups"
    SUCCESSIONS = "predecessors and successors"


def establishment_reference(urn: str) -> str:
    """The key of an establishment's entry."""
    return f"urn{urn}"


def group_reference(uid: str) -> str:
    """The key of a group's entry."""
    return f"uid{uid}"


def authority_reference(code: str) -> str:
    """The key of a Local Authority's entry."""
    return f"la{code}"
