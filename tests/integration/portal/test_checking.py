"""`portal check` says what is wrong, each in a sentence that names the setting."""

from pathlib import Path

import pytest

from kit.db import Database
from portal.checking import problems
from portal.settings import Settings
from tests import mail_server
from tests.world import settings

NO_WORKER = "No worker has been seen in the last 30 seconds: start “portal worker”."


@pytest.fixture
def installed(database: Database, tmp_path: Path) -> Settings:
    return settings(database, tmp_path / "store")


def test_what_is_there_is_not_complained_of(installed: Settings, tmp_path: Path) -> None:
    with mail_server.running(tmp_path / "mail") as server:
        assert problems(installed.model_copy(update={"smtp_url": server.url})) == [NO_WORKER]


def test_the_mail_server_is_asked_the_way_mails_are_sent(installed: Settings, tmp_path: Path) -> None:
    """A server that speaks no TLS is of no use to an address that begins with smtps."""
    with mail_server.running(tmp_path / "mail") as server:
        found = problems(installed.model_copy(update={"smtp_url": server.url.replace("smtp://", "smtps://")}))
    assert found[1].startswith("The mail server does not answer, or refuses us (")


@pytest.mark.parametrize("wrong", [{"smtp_url": "mailto:us"}, {"mail_from": "nobody"}])
def test_mail_settings_that_cannot_work(installed: Settings, wrong: dict[str, str]) -> None:
    assert "check PORTAL_SMTP_URL and PORTAL_MAIL_FROM" in problems(installed.model_copy(update=wrong))[1]
