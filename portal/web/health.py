"""Is the portal alive, and can it serve? Without detail: anybody may ask."""

from flask import Blueprint, Response, make_response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import migrations
from kit.store import StoreUnavailable
from kit.web.house import house
from licences.guard import public


def blueprint() -> Blueprint:
    """The two addresses that a load balancer asks."""
    made = Blueprint("health", __name__, url_prefix="/health")
    made.get("/live")(live)
    made.get("/ready")(ready)
    return made


@public
def live() -> Response:
    """The process answers."""
    return _plain("ok", 200)


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
