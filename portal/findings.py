"""What `portal check` finds: something that is wrong, and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`about` is one word for machines; `wrong` and `mend` are for the person who runs the portal."""

    about: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.wrong}: {self.mend}."
