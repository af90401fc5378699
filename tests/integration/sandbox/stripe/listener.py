"""A listener for webhooks: it keeps what the library verified, and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe


class Listener:
    """The events that came, in order; `answers` is the status that it gives."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.answers = 200
        self.events: list[stripe.Event] = []
        self.url = ""

    def names(self) -> list[str]:
        """The types of the events that came."""
        return [event.type for event in self.events]

    def ids(self) -> list[str]:
        """Their identifiers."""
        return [event.id for event in self.events]


@contextmanager
def listening(secret: str) -> Iterator[Listener]:
    """Listens on a free port."""
    listener = Listener(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], listener.secret)
            listener.events.append(event)
            self.send_response(listener.answers)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
