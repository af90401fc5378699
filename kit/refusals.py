"""How a service says no: with words that a person can act on."""


class Refused(Exception):
    """A change that cannot be made. `message` is plain English; `field` names the form field it belongs to, if any."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotThere(Exception):
    """No such thing for this person: it never existed, or belongs to somebody else. Both look the same from outside."""
