"""How the portal looks from outside: its address through the proxy, its mail server, and its sender's domain."""

import hmac
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from urllib.parse import urlsplit

from kit.ids import new_code
from kit.mail import SmtpMailer
from kit.mail.sender_domain import NoAnswer, domain_of, faults, leads_nowhere
from portal.findings import Finding
from portal.settings import Settings
from portal.web.health import NOBODYS_ADDRESS, proof

SECONDS = 5
ASK = "check that the name leads to this machine and that nginx and portal-web run"
TELL = "have the proxy set X-Forwarded-Proto and Host, and PORTAL_TRUSTED_PROXIES to the number of proxies"


def mail_server(settings: Settings) -> Iterator[Finding]:
    """Can mails be handed over, the way they are sent?"""
    try:
        SmtpMailer(settings.smtp_url, settings.mail_from, timeout=SECONDS).check()
    except ValueError as error:
        yield Finding("mail", f"Mails cannot be sent ({error})", "check PORTAL_SMTP_URL and PORTAL_MAIL_FROM")
    except OSError as error:
        wrong = f"The mail server does not answer, or refuses us ({error})"
        yield Finding("mail", wrong, "check PORTAL_SMTP_URL, and that its port is open from here")


def sender_domain(settings: Settings) -> Iterator[Finding]:
    """Do other mail servers believe our sender? Asked in production only."""
    domain = domain_of(settings.mail_from)
    if leads_nowhere(domain):
        wrong = f"No mail can come from {domain or 'nowhere'}"
        yield Finding("sender", wrong, "set PORTAL_MAIL_FROM to an address of your own")
        return
    try:
        for wrong, mend in faults(domain, settings.dkim_selector):
            yield Finding("sender", wrong, mend)
    except NoAnswer as error:
        yield Finding(
            "sender", f"The records of {domain} cannot be asked for ({error})", "check this machine's name server"
        )


def public_address(settings: Settings) -> Iterator[Finding]:
    """Does the address that we print lead to us, with the right scheme, and does the proxy keep forgers out?"""
    riddle, url = new_code(), settings.public_url
    try:
        answer = _ask(f"{url.rstrip('/')}/health/live?riddle={riddle}")
    except (OSError, ssl.SSLError, ValueError) as error:
        yield Finding("address", f"{url} does not answer ({_told(error)})", ASK)
        return
    given = answer.headers.get("Portal-Proof", "")
    wanted = urlsplit(url)

    def shows(scheme: str, asker: str = "") -> bool:
        return hmac.compare_digest(given, proof(settings, riddle, scheme, wanted.netloc, asker))

    if shows(wanted.scheme):
        return
    if shows(wanted.scheme, NOBODYS_ADDRESS):
        wrong = "Anybody can pretend to come from another address"
        yield Finding("address", wrong, "have the proxy set X-Forwarded-For itself, as deploy/nginx/proxy.conf does")
    elif shows("http") or shows("http", NOBODYS_ADDRESS):
        yield Finding("address", "The portal believes that people come by http", TELL)
    elif given:
        yield Finding("address", f"{url} is answered by a portal with another key or under another name", TELL)
    elif answer.status in (502, 503, 504):
        wrong = f"The proxy answers at {url}, and the portal behind it does not"
        yield Finding("address", wrong, "start “portal serve” (systemctl restart portal-web)")
    else:
        yield Finding("address", f"{url} is answered by something that is not this portal", ASK)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _ask(url: str) -> HTTPResponse:
    """The answer, whatever its status. Redirects are not followed: they would lead to somebody else."""
    request = urllib.request.Request(url, headers={"X-Forwarded-For": NOBODYS_ADDRESS})  # noqa: S310 - our own address
    opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return answer  # type: ignore[no-any-return]
    except urllib.error.HTTPError as answer:
        answer.close()
        return answer  # type: ignore[return-value]


def _told(error: Exception) -> str:
    return str(error.reason if isinstance(error, urllib.error.URLError) else error)
