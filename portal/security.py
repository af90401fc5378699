"""The door's locks: who is signed in, forged forms, trusted hosts, and the headers on every answer."""

from functools import partial
from typing import cast

from flask import Flask, Response, g, request
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from kit.web.house import house
from kit.web.transactions import db
from licences.people import sessions
from licences.people.kinds import Role
from licences.people.viewer import Viewer
from licences.web import entering
from portal.settings import Settings

POLICY = (
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
MOST_FORM_FIELDS = 500
MOST_FORM_BYTES = 2 * 1024 * 1024

csrf = CSRFProtect()


def init_app(app: Flask, settings: Settings) -> None:
    """Puts every lock on the app."""
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="portal",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=MOST_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_FORM_BYTES,
        MAX_FORM_PARTS=MOST_FORM_FIELDS,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=True,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    entering.furnish(app, _entry_rules(settings))
    csrf.init_app(app)
    _sign_in_manager().init_app(app)
    policy = "; ".join((*POLICY, " ".join(("form-action 'self'", *settings.pay_addresses))))
    app.after_request(partial(_with_headers, policy))


def _entry_rules(settings: Settings) -> entering.EntryRules:
    """Whoever can change others' rights proves who they are by more than a password."""
    stepping = frozenset({Role.STAFF, Role.MANAGER}) if settings.second_step_is_compulsory else frozenset[Role]()
    return entering.EntryRules(demo_may_enter=not settings.is_production, second_step_for=stepping)


def _sign_in_manager() -> LoginManager:
    manager = LoginManager()
    manager.session_protection = None  # the session on the server is what counts; addresses of phones change
    manager.user_loader(_viewer)
    return manager


def _viewer(secret: str) -> Viewer | None:
    """Looks the session up once for each request, in the request's own reading transaction."""
    if "viewer_looked_up" not in g:
        g.viewer_looked_up = _looked_up(secret)
    return cast("Viewer | None", g.viewer_looked_up)


def _looked_up(secret: str) -> Viewer | None:
    here = house()
    found = sessions.viewer_of(db(), here.clock, secret, entering.rules().second_step_for)
    if found is None:
        return None
    viewer, seen_is_due = found
    if seen_is_due:  # the one write that a GET may cause, at most every five minutes; the next request may do it, too
        here.database.at_once(lambda session: sessions.mark_seen(session, here.clock, secret))
    return viewer


def _with_headers(policy: str, response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy)
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
