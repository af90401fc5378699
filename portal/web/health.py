"""Is the portal alive, and can it serve? Without detail: anybody may ask."""

import hmac

from flask import Blueprint, Response, current_app, make_response, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import migrations
from kit.store import StoreUnavailable
from kit.web.house import house
from licences.guard import public
from portal.settings import Settings

LONGEST_RIDDLE = 64
# Set aside for documentation (RFC 5737): whoever seems to come from here has forged it.
NOBODYS_ADDRESS = "203.0.113.9"


def blueprint() -> Blueprint:
    """The two addresses that a load balancer asks."""
    made = Blueprint("health", __name__, url_prefix="/health")
    made.get("/live")(live)
    made.get("/ready")(ready)
    return made


@public
def live() -> Response:
    """The process answers. Asked with `?riddle=…` it shows that it is this installation, and how it was reached."""
    response = _plain("ok", 200)
    if riddle := request.args.get("riddle", "")[:LONGEST_RIDDLE]:
        settings: Settings = current_app.extensions["settings"]
        response.headers["Portal-Proof"] = proof(
            settings, riddle, request.scheme, request.host, request.remote_addr or ""
        )
    return response


def proof(settings: Settings, riddle: str, scheme: str, host: str, asker: str) -> str:
    """What only who knows the secret key can answer to a riddle: whether `asker` is the address nobody has, too."""
    words = "\n".join(("health", riddle, scheme, host, "forged" if asker == NOBODYS_ADDRESS else ""))
    return hmac.new(settings.secret_key.get_secret_value().encode(), words.encode(), "sha256").hexdigest()


@public
def ready() -> Response:
    """Database, migrations and store are there. When one cannot be asked, the answer is no."""
    return _plain("ready", 200) if _is_ready() else _plain("not ready", 503)


def _is_ready() -> bool:
    here = house()
    try:
        with here.database.read() as session:
            revision = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        here.store.check()
    except (DBAPIError, StoreUnavailable):
        return False
    return revision == migrations.head()


def _plain(words: str, code: int) -> Response:
    response = make_response(words + "\n", code)
    response.mimetype = "text/plain"
    return response
