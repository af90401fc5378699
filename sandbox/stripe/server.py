"""The stand-in over HTTP, for this machine only: the API under `/v1/`, everything else is pages."""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from sandbox.stripe import api, pages
from sandbox.stripe.account import Account
from sandbox.stripe.webhooks import Deliverer

HERE = "127.0.0.1"
BIGGEST_BODY = 1_000_000


class Handler(BaseHTTPRequestHandler):
    """Hands a request to the API or to the pages."""

    account: Account
    deliverer: Deliverer
    protocol_version = "HTTP/1.1"
    # Head and body leave together: apart, each answer waits 40 ms for the other side's acknowledgement.
    wbufsize = -1
    server_version = "stripe-stand-in"
    sys_version = ""

    def do_GET(self) -> None:
        """Reads."""
        where = urlsplit(self.path)
        if where.path.startswith(("/v1/", "/v2/")):
            self._answer(*api.respond(self.account, "GET", where.path, where.query, "", self.headers))
        else:
            said = dict(parse_qsl(where.query)).get("said", "")
            self._answer(*pages.show(self.account, where.path, said))

    def do_POST(self) -> None:
        """Changes something."""
        where, body = urlsplit(self.path), self._body()
        if where.path.startswith(("/v1/", "/v2/")):
            self._answer(*api.respond(self.account, "POST", where.path, where.query, body, self.headers))
        elif self._is_foreign():
            self._answer(HTTPStatus.FORBIDDEN, {}, b"")
        else:
            self._answer(*pages.submit(self.account, self.deliverer, where.path, dict(parse_qsl(body))))

    def do_DELETE(self) -> None:
        """Ends something."""
        where, body = urlsplit(self.path), self._body()
        self._answer(*api.respond(self.account, "DELETE", where.path, where.query, body, self.headers))

    def log_message(self, *_words: object) -> None:
        """Says nothing: the demo's terminal belongs to the portal."""

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(min(length, BIGGEST_BODY)).decode(errors="replace")

    def _is_foreign(self) -> bool:
        """Whether a page of somebody else presses our buttons."""
        origin = self.headers.get("Origin")
        return origin not in (None, "null") and urlsplit(origin or "").netloc != self.headers.get("Host")

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Cache-Control": "no-store"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    """Listens on this machine; a request does not keep the process from ending."""

    daemon_threads = True
    # A crowd of clients waits in the system's queue, not at a closed door.
    request_queue_size = 128


def server(account: Account, deliverer: Deliverer, port: int) -> Server:
    """The server, listening but not yet serving; the account's pages have its address."""
    found = Server((HERE, port), type("StandIn", (Handler,), {"account": account, "deliverer": deliverer}))
    account.address = f"http://{HERE}:{found.server_port}"
    return found
