"""Copies behind nginx, as `deploy/` sets it up: `python -m tests.bench.behind_nginx [rounds]`.

The transfer: a stamped copy, the same file sent plain by the portal, and by nginx from its own disk, in turns, without
TLS, whose cost would hide the difference. Then a page while 50 slow clients download a copy each (64 KB a second, 2 GB
in all), against the same page in quiet: four times by turns, since other work on the machine moves a p95. The clients
come within 10 seconds and stay until the page has been looked at.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests import nginx_server
from tests.bench import serving
from tests.bench.serving import Client, prepare_world, wait_for
from tests.bench.stamping import verdict
from tests.world import TRAINER

PORT, PORTAL_PORT = 8942, 8943  # not the port of the other bench, which may be running
COPY_BAR, SLOW_BAR = 1.2, 1.5
SLOW_CLIENTS, ARRIVING_SECONDS, BYTES_A_SECOND = 50, 10.0, 64 << 10
PAGES, TURNS = 100, 4

ADDRESS = """
server {{
    listen 127.0.0.1:{port};
    server_name localhost;
    location = /bench/static {{ alias {plain}; default_type application/pdf; }}
    location / {{ include {folder}/proxy.conf; }}
}}
"""


class Visitor(Client):
    """A browser that comes through nginx."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = http.client.HTTPConnection("localhost", PORT)

    def fetch(self, path: str) -> float:
        """Seconds until the last byte of an answer was here."""
        began = time.perf_counter()
        response, page = self.ask("GET", path)
        assert response.status == 200, page[-2000:]
        return time.perf_counter() - began

    def press(self, material: str, edition: str) -> str:
        """Takes a copy and returns its address."""
        form = {"csrf_token": self.token(f"/materials/{material}"), "edition": edition, "press": "bench"}
        response, page = self.ask("POST", f"/materials/{material}/copies", form)
        assert response.status == 303, page[-2000:]
        return response.headers["Location"]


def transfers(
    visitor: Visitor, copy: str, rounds: int, processor: "Processor"
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds of each transfer, in turns, and what all of a kind cost the processor."""
    paths = {"static": "/bench/static", "plain": "/bench/plain", "copy": copy}
    times: dict[str, list[float]] = {name: [] for name in paths}
    spent = dict.fromkeys(paths, 0.0)
    for turn in range(rounds + 2):
        for name, path in paths.items():
            before, seconds = processor.used(), visitor.fetch(path)
            if turn >= 2:
                times[name].append(seconds)
                spent[name] += processor.used() - before
    return times, spent


def p95(visitor: Visitor, path: str, pages: int) -> float:
    """Seconds in which 19 of 20 pages are here; one visitor who looks at one after the other, with a pause."""
    times = []
    for _ in range(pages):
        times.append(visitor.fetch(path))
        time.sleep(0.05)
    return statistics.quantiles(times, n=20)[-1]


def download_slowly(cookie: str, path: str) -> None:
    """Fifty slow clients in one process, until it is ended. Says a line on standard output when all have come."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
    clients: list[socket.socket] = []
    began = time.monotonic()
    while True:
        passed = time.monotonic() - began
        while len(clients) < min(SLOW_CLIENTS, passed / ARRIVING_SECONDS * SLOW_CLIENTS):
            clients.append(_begin(request))
            if len(clients) == SLOW_CLIENTS:
                print("all are here", flush=True)
        for client in clients:
            if not client.recv(BYTES_A_SECOND // 4):
                raise SystemExit("a slow client was cut off")
        time.sleep(0.25)


def _begin(request: bytes) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BYTES_A_SECOND)
    client.connect(("127.0.0.1", PORT))
    client.sendall(request)
    return client


def beside_slow_clients(visitor: Visitor, copy: str, page: str) -> tuple[float, float, float]:
    """The page's p95 in quiet, while the slow clients come, and once they are all there; in seconds."""
    quiet = p95(visitor, page, PAGES)
    command = [sys.executable, "-m", "tests.bench.behind_nginx", "--slow", visitor.cookie, copy]
    slow = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        arriving = p95(visitor, page, PAGES)
        assert slow.stdout
        assert slow.stdout.readline() == b"all are here\n"
        steady = p95(visitor, page, PAGES)
        assert slow.poll() is None, "the slow clients have gone"
    finally:
        slow.terminate()
        slow.wait()
    return quiet, arriving, steady


def main(rounds: int) -> None:
    """Starts portal and nginx, measures, prints the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        environment = os.environ | prepare_world(folder) | {"PORTAL_TRUSTED_PROXIES": "1"}
        environment["PORTAL_PUBLIC_URL"] = f"http://localhost:{PORT}"
        more = ADDRESS.format(port=PORT, plain=environment["BENCH_PLAIN"], folder=folder)
        server = subprocess.Popen([sys.executable, "-m", "tests.bench.behind_nginx", "--server"], env=environment)
        try:
            wait_for(PORTAL_PORT)
            with nginx_server.running(folder, PORTAL_PORT, more=more) as nginx:
                report(environment, rounds, Processor(server.pid, nginx.pid))
        finally:
            server.terminate()
            server.wait()


class Processor:
    """What the portal and nginx have used of the processor since they began, in seconds, by all their processes."""

    def __init__(self, *pids: int) -> None:
        self._all = [
            one for pid in pids for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
        ]

    def used(self) -> float:
        """Seconds so far."""
        return sum(sum(one.cpu_times()[:2]) for one in self._all)


def report(environment: dict[str, str], rounds: int, processor: Processor) -> None:
    """Measures and prints."""
    visitor, (material, edition) = Visitor(), environment["BENCH_PATHS"].split()
    visitor.sign_in(TRAINER)
    copy = visitor.press(material, edition)
    times, spent = transfers(visitor, copy, rounds, processor)
    size = Path(environment["BENCH_PLAIN"]).stat().st_size
    print(f"Behind nginx, one gunicorn process, {size / 1e6:.1f} MB, medians of {rounds} rounds")
    for kind, seconds in times.items():
        ratio = _ratio(seconds, times["static"])
        words = f"{statistics.median(seconds) * 1000:9.1f} ms, at best {min(seconds) * 1000:6.1f} ms"
        print(f"{kind:8}{words}{ratio:8.2f} × nginx static; processor {spent[kind] / rounds * 1000:6.1f} ms")
    load, share = os.getloadavg()[0], spent["copy"] / spent["plain"]
    print(f"Load {load:.1f}; a copy costs the processor {share:.2f} × what plain costs")
    print(verdict("Stamped copy behind nginx", _ratio(times["copy"], times["plain"]), COPY_BAR, "× plain, proxied"))
    page = f"/materials/{material}"
    p95(visitor, page, 20)
    quiet, arriving, steady = zip(*(beside_slow_clients(visitor, copy, page) for _ in range(TURNS)), strict=True)
    print(f"{SLOW_CLIENTS} slow clients; p95 of a page in quiet {statistics.median(quiet) * 1000:.1f} ms")
    for when, seconds in (("come", arriving), ("stay", steady)):
        print(f"  while they {when} {statistics.median(seconds) * 1000:9.1f} ms{_ratio(seconds, quiet):8.2f} × quiet")
    print(verdict("A page beside 50 slow downloads", _ratio(steady, quiet), SLOW_BAR, "× quiet, p95"))


def _ratio(seconds: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(seconds, others, strict=True))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--slow"]:
        download_slowly(*sys.argv[2:4])
    elif sys.argv[1:] == ["--server"]:
        serving.PORT = PORTAL_PORT
        serving.serve()
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 40)
