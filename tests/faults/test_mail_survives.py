"""Workers are killed while they send mail: none is lost, and only a kill between the server's 250 and our commit
sends one twice, with the same Message-ID."""

import random
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from kit import mail
from kit.clock import SystemClock
from kit.db import Database
from kit.links import PublicLinks
from kit.mail import Address, Letterhead, MailMessage, State
from tests.faults.conftest import Workers, wait_until
from tests.faults.plan import SEED, SOAK
from tests.mail_server import MailServer

LETTERHEAD = Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))


def queue(database: Database, number: int) -> None:
    with database.write() as session:
        for each in range(number):
            mail.queue(
                session,
                SystemClock(),
                template="tests/hello",
                to=Address(f"trainer{each}@lakeshire.example", "Ruth"),
                context={"programme": f"Programme {each}"},
                letterhead=LETTERHEAD,
            )


def sent(database: Database) -> int:
    with database.read() as session:
        is_sent = MailMessage.state == State.SENT
        return session.scalar(sa.select(sa.func.count(MailMessage.id)).where(is_sent)) or 0


def message_ids(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(sa.select(MailMessage.message_id)))


def arrivals(server: MailServer) -> Counter[str]:
    return Counter(arrived.header("Message-ID") for arrived in server.mailbox.mails())


@pytest.mark.parametrize(
    ("point", "copies"), [("mail claimed", 1), ("mail taken", 2), ("mail noted", 1)], ids=lambda value: str(value)
)
def test_a_mail_survives_its_worker(
    database: Database, workers: Workers, mail_box: MailServer, point: str, copies: int
) -> None:
    queue(database, 1)
    workers.die("--die", point)
    workers.start()
    wait_until(lambda: sent(database) == 1)
    time.sleep(0.3 if copies == 1 else 0)
    assert arrivals(mail_box) == Counter({next(iter(message_ids(database))): copies})


def test_mails_survive_a_worker_killed_again_and_again(
    database: Database, workers: Workers, mail_box: MailServer
) -> None:
    chance = random.Random(SEED)
    each_time, kills = 25, 20 if SOAK else 2
    for _ in range(kills):
        queue(database, each_time)  # so that every worker finds something to be killed at
        worker = workers.start()
        before = len(mail_box.mailbox.mails())
        wait_until(lambda before=before: len(mail_box.mailbox.mails()) > before)  # type: ignore[misc]
        time.sleep(chance.random() * 0.15)
        worker.kill()
    number = each_time * kills
    left = number - sent(database)
    workers.start()
    wait_until(lambda: sent(database) == number, 60)
    arrived = arrivals(mail_box)
    assert set(arrived) == message_ids(database), "a mail was lost"
    twice = sum(arrived.values()) - number
    assert twice <= kills * 8, "more went out twice than can have been under way"
    print(f"{kills} kills among {number} mails: none lost, {twice} sent twice, {left} left after the last kill")


def test_the_window_in_which_a_kill_sends_twice(
    database: Database, workers: Workers, mail_box: MailServer, tmp_path: Path
) -> None:
    number = 200 if SOAK else 40
    queue(database, number)
    workers.start("--windows", str(tmp_path / "windows"))
    wait_until(lambda: sent(database) == number, 60)
    windows = [float(line) * 1000 for line in (tmp_path / "windows").read_text().split()]
    print(
        f"from the server's 250 to our commit, {len(windows)} mails: median {statistics.median(windows):.1f} ms, "
        f"longest {max(windows):.1f} ms"
    )
    assert arrivals(mail_box) == Counter(message_ids(database))
