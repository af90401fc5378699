"""A stamped copy over HTTP beside the same server sending the file plain: `python -m tests.bench.serving [rounds]`.

One gunicorn process with threads, as `portal serve` starts it, on SQLite and a local folder. *Plain* is Flask's own
`send_file` of the prepared file from the same app, which gunicorn has the kernel send in one call. *Copy* is the copy's
address with its session and entitlement. *Press* is the POST that takes a new copy, log row and audit row included,
followed to the last byte. Those three keep nothing of what they receive; the bars stand on them. *Only* rows receive
next to nothing: what an answer costs before it is sent. *Kept* rows write to a file as a browser does, and come last:
server and browser share this machine's disk here, and what waits to be written would slow the others' commits.

Each kind is measured beside the plain file of the same turn, in changing order, and the ratio is the median of those
pairs, so that what else the machine does falls on both. On a busy machine `chrt -r 10` before the command (as root)
keeps others out of the way; the table says how busy it was.
"""

import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, send_file

from kit.clock import SteppingClock, SystemClock
from kit.db import Database
from materials import editions, preparing
from portal.app import create_app
from portal.settings import Settings
from tests.bench.stamping import manual, verdict
from tests.world import TEAM, TRAINER, World, house_on, make_contents, settings

PORT = 8941
TRANSFER_BAR, PRESS_BAR = 1.1, 1.25
CHUNK = 1 << 20


def make_app() -> Flask:
    """The portal, with one more address that sends the prepared file plain. Gunicorn calls this after its fork."""
    from licences.guard import public

    app = create_app(Settings())
    path = os.environ["BENCH_PLAIN"]
    app.get("/bench/plain")(public(lambda: send_file(path, mimetype="application/pdf")))
    return app


class Client:
    """A signed-in browser that reads answers in large pieces and keeps none of them, or writes them to a file."""

    def __init__(self) -> None:
        self.kept: Path | None = None
        self.connection = http.client.HTTPConnection("localhost", PORT)
        self.cookie = ""
        self.buffer = memoryview(bytearray(CHUNK))

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, **more: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Sends a request, with `more` headers; returns the answer and, when it is a page, its content."""
        headers = {"Cookie": self.cookie, **more}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        for value in response.headers.get_all("Set-Cookie") or []:
            self.cookie = value.split(";")[0]
        if response.headers.get_content_type() == "text/html":
            return response, response.read()
        with ExitStack() as opened:
            file = opened.enter_context(self.kept.open("wb", buffering=0)) if self.kept else None
            while count := response.readinto(self.buffer):
                if file is not None:
                    file.write(self.buffer[:count])
        return response, b""

    def token(self, path: str) -> str:
        """The CSRF token on a page."""
        found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', self.ask("GET", path)[1])
        assert found
        return found[1].decode()

    def sign_in(self, email: str) -> None:
        """Through the door."""
        form = {"email": email, "password": "secure-base-demo", "csrf_token": self.token("/sign-in")}
        response, _ = self.ask("POST", "/sign-in", form)
        assert response.status == 303, response.status


def prepare_world(folder: Path) -> dict[str, str]:
    """A world whose manual is the 40 MB one; returns the environment of the server."""
    import migrations
    from licences.people import legal

    database = Database(f"sqlite:///{folder}/portal.sqlite")
    migrations.upgrade(str(database.url))
    clock = SteppingClock(SystemClock().now())
    clock.move(days=-10)
    contents = make_contents(database, folder / "store", clock)
    house = house_on(database, folder / "store", clock)
    manual(folder / "manual.pdf")
    stored = house.store.put(folder / "manual.pdf", "application/pdf")
    with database.write() as session:
        editions.put_aside(session, clock, TEAM, contents.draft_edition)
        edition = editions.draft(
            session, clock, TEAM, material_id=contents.manual, number="9", file=stored, file_name="manual.pdf"
        )
    preparing.prepare_edition(database, clock, house.store, house.links, edition_id=edition)
    with database.write() as session:
        editions.publish(session, clock, TEAM, edition)
        world = World(house, Flask("none"), contents)
        legal.accept_terms_of_use(session, clock, world.viewer(TRAINER), 1)
        sha256, _ = editions.prepared_file(session, edition)
    stored = house.store.local_path(sha256)
    assert stored is not None
    os.link(stored, folder / "plain.pdf")  # the very same file: another would lie in the page cache in other pieces
    chosen = settings(database, folder / "store")
    database.close()
    return {
        "PORTAL_ENVIRONMENT": "test",
        "PORTAL_DATABASE_URL": chosen.database_url,
        "PORTAL_STORE_URL": chosen.store_url,
        "PORTAL_PUBLIC_URL": f"http://localhost:{PORT}",
        "PORTAL_SECRET_KEY": "k" * 48,
        "BENCH_PLAIN": str(folder / "plain.pdf"),
        "BENCH_PATHS": f"{contents.manual} {edition}",
    }


def measured(material: str, edition: str, rounds: int, folder: Path) -> dict[str, list[float]]:
    """Seconds of each kind of request."""
    client = Client()
    client.sign_in(TRAINER)
    token, presses = client.token(f"/materials/{material}"), iter(range(10**6))

    def press() -> str:
        form = {"csrf_token": token, "edition": edition, "press": f"bench {next(presses)}"}
        response, page = client.ask("POST", f"/materials/{material}/copies", form)
        assert response.status == 303, page[-2000:]
        return response.headers["Location"]

    def fetch(path: str, *, status: int = 200, **more: str) -> None:
        response, page = client.ask("GET", path, **more)
        assert (response.status, response.headers.get_content_type()) == (status, "application/pdf"), page[-2000:]

    def keep(path: str) -> None:
        client.kept = folder / "kept.pdf"
        try:
            fetch(path)
        finally:
            client.kept = None

    copy = press()
    work: dict[str, Callable[[], object]] = {
        "plain": lambda: fetch("/bench/plain"),
        "copy": lambda: fetch(copy),
        "press": lambda: fetch(press()),
        "plain, only a byte": lambda: fetch("/bench/plain", status=206, Range="bytes=0-0"),
        "copy, only a byte": lambda: fetch(copy, status=206, Range="bytes=0-0"),
        "press, only the 303": press,
    }
    kept: dict[str, Callable[[], object]] = {
        "plain, kept": lambda: keep("/bench/plain"),
        "copy, kept": lambda: keep(copy),
    }
    return in_turns(work, rounds) | in_turns(kept, rounds)


def in_turns(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds that each kind of work took, in an order that changes from turn to turn."""
    times: dict[str, list[float]] = {name: [] for name in work}
    order, shuffled = list(work), random.Random(40)
    for turn in range(rounds + 2):
        shuffled.shuffle(order)  # what came just before leaves the processor's caches as it liked them
        for name in order:
            start = time.perf_counter()
            work[name]()
            if turn >= 2:  # the first two warm the caches
                times[name].append(time.perf_counter() - start)
    return times


def main(rounds: int) -> None:
    """Starts the server, measures, prints the table. Raises OSError when the port has a server already."""
    socket.create_server(("127.0.0.1", PORT)).close()
    with tempfile.TemporaryDirectory() as name:
        environment = os.environ | prepare_world(Path(name))
        command = [sys.executable, "-m", "tests.bench.serving", "--server"]
        server = subprocess.Popen(command, env=environment)
        try:
            wait_for(PORT)
            material, edition = environment["BENCH_PATHS"].split()
            times = measured(material, edition, rounds, Path(name))
        finally:
            server.terminate()
            server.wait()
        size = Path(environment["BENCH_PLAIN"]).stat().st_size if Path(name).exists() else 0
    busy = " ".join(f"{load:.1f}" for load in os.getloadavg()[:2])
    print(f"Over HTTP, one gunicorn process, {size / 1e6:.1f} MB, medians of {rounds} rounds; load {busy}")
    ratios = {}
    for kind, seconds in times.items():
        beside = "plain, kept" if kind.endswith("kept") else "plain"
        ratios[kind] = statistics.median(one / plain for one, plain in zip(seconds, times[beside], strict=True))
        middle, least = statistics.median(seconds) * 1000, min(seconds) * 1000
        print(f"{kind:21}{middle:9.1f} ms, at best {least:6.1f} ms{ratios[kind]:8.2f} × {beside}")
    print(verdict("Transfer of a stamped copy", ratios["copy"], TRANSFER_BAR, "× plain"))
    print(verdict("POST, log row and transfer", ratios["press"], PRESS_BAR, "× plain"))


def wait_for(port: int) -> None:
    """Until the server is ready. Raises TimeoutError after 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("localhost", port, timeout=2)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def serve() -> None:
    """The server, as `portal serve` has it, around `make_app`."""
    from portal import serving

    serving.create_app = lambda _settings: make_app()  # type: ignore[assignment]
    serving.serve_forever(Settings(), host="127.0.0.1", port=PORT, processes=1, threads=8)


if __name__ == "__main__":
    if sys.argv[1:] == ["--server"]:
        serve()
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 40)
