"""Gunicorn around the app: threads for slow downloads, processes for cores.

A thread waits for nobody longer than `STALL_SECONDS`: whoever sends half a request, or asks for a file and does not
read it, would otherwise keep it for ever, and a few of them the whole portal.
"""

import socket
import struct
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from portal.app import create_app
from portal.settings import Settings

LONGEST_REQUEST_SECONDS = 600
STALL_SECONDS = 30


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


class QuietLog(Logger):  # type: ignore[misc]
    """Gunicorn's words as lines of our own log; a client that went away or went to sleep is one of them."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn once it knows its options."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Gunicorn's `args` are the method and the address of a request, and that of a one-use link would let
        whoever reads logs use it.
        """
        error = sys.exception()
        if isinstance(error, OSError):
            stalled = isinstance(error, BlockingIOError)  # what the kernel's own limit looks like from Python
            self.warning("a connection was given up: %s", "nothing moved on it" if stalled else error)
        else:
            super().exception("a request went wrong in the server" if args else msg, **kwargs)


def serve_forever(
    settings: Settings, *, host: str, port: int, processes: int, threads: int, stall_seconds: int = STALL_SECONDS
) -> None:
    """Serves until a signal ends it. A connection on which nothing moves for `stall_seconds` is closed."""

    def limit_waiting(server: Any) -> None:
        for listener in server.LISTENERS:
            _limit_waiting(listener.sock, stall_seconds)

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
        "logger_class": QuietLog,
        "loglevel": "warning",
        "when_ready": limit_waiting,
    }
    _Server(settings, options).run()


def _limit_waiting(listener: socket.socket, seconds: int) -> None:
    """The kernel's own limits (socket(7)), which every connection accepted from here inherits.

    Gunicorn knows no such limit for threads, and Python's would make sockets non-blocking under the kernel's sending.
    """
    length = struct.pack("ll", seconds, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, length)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, length)
