"""What a request may use: the database and the ports, put on the Flask app by `portal.wiring`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from kit.clock import Clock
from kit.db import Database
from kit.holdings import Holding
from kit.mail import Letterhead
from kit.ports import Links, Store

_KEY = "house"


@dataclass(frozen=True)
class House:
    """The outside, as views hand it on to services; `upload_limit_mb` is the largest file that is taken in.

    `holdings` are the rows of upper floors that belong to a kind of owner, for verbs of lower ones that move them all.
    """

    database: Database
    clock: Clock
    links: Links
    store: Store
    letterhead: Letterhead
    upload_limit_mb: int
    holdings: Mapping[str, Sequence[Holding]]


def furnish(app: Flask, made: House) -> None:
    """Puts the house's ports on the app."""
    app.extensions[_KEY] = made


def house() -> House:
    """The ports of the app that serves this request."""
    return cast(House, current_app.extensions[_KEY])
