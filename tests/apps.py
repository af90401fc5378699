"""Making an app costs a tenth of a second, and its first pages compile templates: half of an HTTP test's time.

So one process makes few apps and lends them out, one test after the other, each time with another world's ports on it.
Templates are compiled once in a process, whatever app asks for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from kit.web.house import House, furnish
from portal.app import create_app
from portal.settings import Settings

_idle: list[Flask] = []


@contextmanager
def lent(settings: Settings, house: House) -> Iterator[Flask]:
    """An app that nobody else has meanwhile. Settings of all borrowers differ in nothing but where things are kept.

    A test that changes more of an app than its ports makes one of its own.
    """
    app = _idle.pop() if _idle else create_app(settings, house)
    app.extensions["settings"] = settings
    furnish(app, house)
    yield app
    _idle.append(app)


class CompiledOnce(BytecodeCache):
    """Keeps compiled templates by their name and the fingerprint of their source."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


def compile_templates_once() -> None:
    """For every app made from now on."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledOnce()}
