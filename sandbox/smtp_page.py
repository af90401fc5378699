"""A small page to read what the sandbox's mail server was sent. Made for people who look at the demo."""

from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

import jinja2

from kit.clock import london
from sandbox.smtp_mailbox import KeptMail, Mailbox

# Mails are shown in a frame without rights; nothing is fetched from anywhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
HEADERS = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID")


class Page(BaseHTTPRequestHandler):
    """`/` lists the mails, `/<name>` shows one, `/<name>/html` is its HTML for the frame."""

    mailbox: Mailbox
    server_version = "mails"
    sys_version = ""

    def do_GET(self) -> None:
        """Answers one request."""
        path = unquote(self.path.split("?")[0]).strip("/")
        name, _, part = path.partition("/")
        if not path:
            self._answer(_render("list.html", mails=[_line(mail) for mail in reversed(self.mailbox.mails())]))
        elif (mail := self.mailbox.mail(name)) is None:
            self._answer(_render("list.html", mails=[]), HTTPStatus.NOT_FOUND)
        elif part == "html":
            # Links open beside the page: the portal refuses to be shown in anybody's frame.
            self._answer(mail.part("html").replace("<head>", '<head><base target="_blank">', 1))
        else:
            headers = [(header, mail.header(header)) for header in HEADERS if mail.header(header)]
            self._answer(_render("mail.html", headers=headers, text=mail.part("plain"), **_line(mail)))

    def log_message(self, *_words: object) -> None:
        """Says nothing: the demo's terminal belongs to the portal."""

    def _answer(self, html: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        content = html.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)


def page_server(mailbox: Mailbox, host: str, port: int) -> ThreadingHTTPServer:
    """The page's server, listening but not yet serving."""
    return ThreadingHTTPServer((host, port), type("MailPage", (Page,), {"mailbox": mailbox}))


def _line(mail: KeptMail) -> dict[str, str]:
    sent = london(parsedate_to_datetime(mail.header("Date"))) if mail.header("Date") else None
    return {
        "subject": mail.header("Subject") or "(no subject)",
        "to": mail.header("To"),
        "sent": f"{sent:%-d %B %Y, %H:%M}" if sent else "",
        "address": "/" + quote(mail.name),
    }


def _render(template: str, **context: object) -> str:
    return _TEMPLATES.get_template(template).render(context)


_TEMPLATES = jinja2.Environment(
    loader=jinja2.DictLoader(
        {
            "frame.html": """<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}Mails of the demo{% endblock %}</title><style>
body { margin: 0 auto; max-width: 60em; padding: 24px 16px; background: #faf6f1; color: #271c29;
  font: 18px/1.55 "Atkinson Hyperlegible Next", Verdana, Arial, sans-serif; }
h1, h2 { color: #2c1730; line-height: 1.2; } a { color: #6b2a6b; }
ol { list-style: none; padding: 0; } li { background: #fffdfa; border: 1px solid #e4d9cf; border-radius: 10px;
  margin: 8px 0; padding: 12px 20px; } small { color: #5a4d5c; font-size: 16px; display: block; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #fffdfa; padding: 16px 20px; border-radius: 10px;
  border: 1px solid #e4d9cf; font: inherit; }
iframe { width: 100%; height: 40em; border: 1px solid #e4d9cf; border-radius: 10px; background: #faf6f1; }
dt { font-weight: bold; } dd { margin: 0 0 8px; overflow-wrap: anywhere; }
</style></head><body><main>{% block main %}{% endblock %}</main></body></html>""",
            "list.html": """{% extends "frame.html" %}{% block main %}<h1>Mails of the demo</h1>
<p>The demo sends no real mail: what the portal would have sent is kept here, newest first.</p>
<ol>{% for mail in mails %}<li><a href="{{ mail.address }}">{{ mail.subject }}</a>
<small>to {{ mail.to }}, {{ mail.sent }}</small></li>
{% else %}<li>No mail yet. It comes here a moment after the portal sends it.</li>{% endfor %}</ol>{% endblock %}""",
            "mail.html": """{% extends "frame.html" %}{% block title %}{{ subject }}{% endblock %}
{% block main %}<p><a href="/">All mails</a></p><h1>{{ subject }}</h1>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"
title="The mail as a mail program shows it" src="{{ address }}/html"></iframe>
<h2>The same in plain text</h2><pre>{{ text | urlize(target="_blank") }}</pre>
<h2>Headers</h2><dl>{% for name, value in headers %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>
{% endblock %}""",
        }
    ),
    autoescape=True,
)
