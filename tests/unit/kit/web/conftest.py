"""A small app that wears our templates: what the look needs of Flask, without the portal's database."""

from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from jinja2 import FileSystemBytecodeCache

from kit.web import pages
from portal.web import developers
from tests.unit.kit.web.places import STATIC, TEMPLATES


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all the small apps."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(compiled: FileSystemBytecodeCache) -> Flask:
    """An app with the developers' pages, a brand and nobody signed in."""
    made = Flask("looking", static_folder=str(STATIC), template_folder=str(TEMPLATES))
    made.config.update(SECRET_KEY="only for this test", TESTING=True)
    pages.init_app(made)
    made.jinja_env.bytecode_cache = compiled
    CSRFProtect(made)
    made.register_blueprint(developers.blueprint())
    brand = SimpleNamespace(
        name="Secure Base", tagline="Attachment Based Mentoring", help_email="help@securebase.example"
    )
    made.context_processor(lambda: {"brand": brand, "viewer": None, "navigation": []})
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a script."""
    return app.test_client()
