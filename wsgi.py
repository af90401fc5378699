"""For a WSGI server of one's own choice: `gunicorn wsgi:app`."""

from portal.app import create_app
from portal.logs import log_as_json
from portal.settings import Settings

log_as_json()
app = create_app(Settings())
