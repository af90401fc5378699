"""Gunicorn around the app: threads for slow downloads, processes for cores."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from portal.app import create_app
from portal.settings import Settings

LONGEST_REQUEST_SECONDS = 600


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told its options in code."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Made in each process after the fork: database connections must not be shared."""
        return create_app(self._settings)


def serve_forever(settings: Settings, *, host: str, port: int, processes: int, threads: int) -> None:
    """Serves until a signal ends it."""
    options = {
        "bind": f"{host}:{port}",
        "workers": processes,
        "threads": threads,
        "worker_class": "gthread",
        "timeout": LONGEST_REQUEST_SECONDS,
        "graceful_timeout": 20,
        "keepalive": 15,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "forwarded_allow_ips": "",
        "proc_name": "portal",
        "errorlog": "-",
        "loglevel": "warning",
    }
    _Server(settings, options).run()
