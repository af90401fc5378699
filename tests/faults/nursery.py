"""Processes without the two seconds that each would spend on importing: forked from one that has imported.

The nursery is a process that reads commands as lines of JSON and answers each with a line: `start` with options gives
the process id of a worker, or of a browser at a portal of its own (`web`); `wait` gives how a process ended (negative:
by which signal) or null while it runs.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.mail_server import ROOT


class ForkedWorker:
    """A forked process, as `subprocess.Popen` would show it."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        if self._returncode is None:
            answer = self._nursery.ask({"wait": self.pid})
            self._returncode = None if answer is None else int(str(answer))
        return self._returncode

    def wait(self, seconds: float) -> int:
        """How it ended; `TimeoutError` when it did not in so many seconds."""
        until = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise TimeoutError(f"process {self.pid} still runs")
            time.sleep(0.02)
        return code

    def kill(self) -> None:
        """kill -9; it is dead when this returns."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait(10)

    def terminate(self) -> None:
        """Asks it to stop."""
        os.kill(self.pid, signal.SIGTERM)


class Nursery:
    """The process from which workers are forked."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.faults.nursery"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, options: list[str], temporary_folder: Path | None = None) -> ForkedWorker:
        """Forks a worker; with a `temporary_folder` of its own others see it as on another machine."""
        folder = str(temporary_folder) if temporary_folder else None
        return ForkedWorker(self, int(str(self.ask({"start": options, "folder": folder}))))

    def start_web(self, options: list[str]) -> ForkedWorker:
        """Forks a portal with one browser at it."""
        return ForkedWorker(self, int(str(self.ask({"start": options, "folder": None, "web": True}))))

    def ask(self, command: dict[str, object]) -> object:
        """The answer to one command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the nursery; its workers must have ended before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def _fork(main: Callable[[list[str]], None], options: list[str], folder: str | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    if folder:
        tempfile.tempdir = folder
    try:
        main(options)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _serve() -> None:
    from tests.faults import web_process, worker_process  # the imports that are spared later

    for line in sys.stdin:
        command = json.loads(line)
        if "start" in command:
            main = web_process.main if command.get("web") else worker_process.main
            answer: int | None = _fork(main, command["start"], command["folder"])
        else:
            pid, status = os.waitpid(command["wait"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve()
