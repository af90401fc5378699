"""`portal check` says what is wrong and how to mend it, each by the name of the setting."""

import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from kit.audit import SYSTEM
from kit.clock import SteppingClock
from kit.db import Database
from kit.jobs.liveness import Pulse
from kit.links import PublicLinks
from kit.mail import Address, Letterhead, MailMessage, State, held_up, queue
from licences.people import accounts, memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from portal.backup import back_up
from portal.checking import problems
from portal.settings import Environment, Settings
from portal.standstill import standing_still
from portal.wiring import make_house
from tests import databases, mail_server
from tests.world import STAFF, World, settings

NO_WORKER = (
    "No worker has been seen in the last 30 seconds, so no mail leaves and no edition is made ready: "
    "start “portal worker” (systemctl restart portal-worker)."
)


@pytest.fixture
def installed(database: Database, tmp_path: Path) -> Settings:
    chosen = settings(database, tmp_path / "store")
    return chosen.model_copy(update={"store_copies": str(tmp_path), "backup_folder": str(tmp_path / "backups")})


def found(installed: Settings, about: str, **changed: object) -> list[str]:
    """What is wrong about one thing."""
    return [str(one) for one in problems(installed.model_copy(update=changed)) if one.about == about]


def test_what_is_there_is_not_complained_of(installed: Settings, tmp_path: Path) -> None:
    with mail_server.running(tmp_path / "mail") as server:
        assert [str(one) for one in problems(installed.model_copy(update={"smtp_url": server.url}))] == [NO_WORKER]


def test_the_mail_server_is_asked_the_way_mails_are_sent(installed: Settings, tmp_path: Path) -> None:
    """A server that speaks no TLS is of no use to an address that begins with smtps."""
    with mail_server.running(tmp_path / "mail") as server:
        (words,) = found(installed, "mail", smtp_url=server.url.replace("smtp://", "smtps://"))
    assert words.startswith("The mail server does not answer, or refuses us (")


@pytest.mark.parametrize("wrong", [{"smtp_url": "mailto:us"}, {"mail_from": "nobody"}])
def test_mail_settings_that_cannot_work(installed: Settings, wrong: dict[str, str]) -> None:
    assert "check PORTAL_SMTP_URL and PORTAL_MAIL_FROM" in found(installed, "mail", **wrong)[0]


def test_tables_that_are_behind(installed: Settings, database_kind: str) -> None:
    url = databases.empty_database_url(database_kind)
    assert found(installed, "migrations", database_url=url)[0].endswith("run “portal migrate”.")
    databases.drop_database(url)


def test_a_disk_that_fills_up(installed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(100_000_000_000, 97_000_000_000, 3_000_000_000))
    (words, *more) = found(installed, "disk")
    assert "3.0 GB left of 100 GB" in words
    assert len(more) < 4, "one disk is said once"


def test_a_store_that_is_gone(installed: Settings, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir(exist_ok=True)
    (tmp_path / "store" / "incoming").write_text("in the way")
    assert "PORTAL_STORE_URL" in found(installed, "store")[0]


def test_production_wants_a_backup_of_these_days(installed: Settings, clock: SteppingClock) -> None:
    in_production = {"environment": Environment.PRODUCTION, "public_url": "http://127.0.0.1:9"}
    assert "run “portal backup”" in found(installed, "backup", **in_production)[0]
    house = make_house(installed)
    made = back_up(house, Path(installed.backup_folder))
    assert found(installed, "backup", **in_production) == []
    manifest = made.place / "manifest.json"
    old = (made.manifest.made_at - timedelta(days=3)).isoformat()
    manifest.write_text(manifest.read_text().replace(str(made.manifest.made_at), old))
    assert found(installed, "backup", **in_production)[0].startswith("The newest backup is 3 days old:")
    assert "No backups are made" in found(installed, "backup", **in_production | {"backup_folder": ""})[0]
    house.database.close()


def test_production_has_no_demo_accounts_and_a_sender_of_its_own(installed: Settings, clock: SteppingClock) -> None:
    house = make_house(installed)
    with house.database.write() as session:
        place = organisations.create_organisation(session, clock, SYSTEM, name="Team", kind=OrganisationKind.LICENSOR)
        who = memberships.add_person(session, clock, SYSTEM, place.id, name="A", email="a@b.example", role=Role.STAFF)
        accounts.make_demo_account(session, who.id, "hash")
    house.database.close()
    in_production = {"environment": Environment.PRODUCTION, "public_url": "http://127.0.0.1:9"}
    assert found(installed, "accounts") == []
    assert "One demo account" in found(installed, "accounts", **in_production)[0]
    assert "PORTAL_MAIL_FROM" in found(installed, "sender", **in_production)[0]


def test_mail_that_does_not_leave_is_noticed(session: Session, clock: SteppingClock) -> None:
    def mail(email: str) -> MailMessage:
        head = Letterhead("Brand", "help@brand.example", PublicLinks("https://portal.example"))
        to = Address(email, "A")
        id = queue(session, clock, template="tests/hello", to=to, context={"programme": "x"}, letterhead=head)
        return session.get_one(MailMessage, id)

    assert held_up(session, clock) == 0
    mail("stuck@school.example")
    assert held_up(session, clock) == 0, "it has only just been written"
    clock.move(minutes=16)
    assert held_up(session, clock) == 1
    later = mail("other@school.example")
    assert held_up(session, clock) == 2
    later.state, later.sent_at = State.SENT, clock.now()
    session.flush()
    assert held_up(session, clock) == 0, "others leave: it is that one mailbox"


def test_staff_hear_of_the_worker_first(database: Database, clock: SteppingClock) -> None:
    with database.read() as session:
        assert [one.about for one in standing_still(session, clock)] == ["worker"]
    pulse = Pulse(database, clock)
    with database.read() as session:
        assert standing_still(session, clock) == []
    pulse.end()


def test_staff_see_on_their_home_what_stands_still(world: World) -> None:
    """The worker that is gone, else the mail that does not leave; nothing when both do their work."""
    staff, house = world.browser(STAFF), world.house
    assert "The worker stands still" in staff.get("/admin").text
    pulse = Pulse(house.database, house.clock)
    assert "stands still" not in staff.get("/admin").text
    head = Letterhead("Brand", "help@brand.example", PublicLinks("https://portal.example"))
    to = Address("stuck@school.example", "A")
    with house.database.write() as session:
        queue(session, house.clock, template="tests/hello", to=to, context={"programme": "x"}, letterhead=head)
    assert isinstance(house.clock, SteppingClock)
    house.clock.move(minutes=16)
    pulse.beat()
    assert "Mail stands still" in staff.get("/admin").text
    pulse.end()
