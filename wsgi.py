"""For a WSGI server of one's own choice: `gunicorn wsgi:app`."""

from portal.app import create_app
from portal.settings import Settings

app = create_app(Settings())
