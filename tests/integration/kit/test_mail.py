"""From the outbox over a real queue, worker and mail server into a mailbox."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.clock import SteppingClock
from kit.db import Database
from kit.jobs import Handlers, Worker
from kit.links import PublicLinks
from kit.mail import Address, Letter, Letterhead, MailMessage, MailRefused, SmtpMailer, State
from kit.mail.outbox import ATTEMPTS, BeingSent
from kit.refusals import Refused
from tests.mail_server import MailServer, running

SENDER = "Secure Base <no-reply@securebase.example>"
LETTERHEAD = Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    folder: Path = tmp_path_factory.mktemp("mail")
    with running(folder) as made:
        yield made


@pytest.fixture(autouse=True)
def empty_mailbox(server: MailServer) -> None:
    server.mailbox.clear()


def queue(database: Database, clock: SteppingClock, to: str = "ruth@lakeshire.example", *, secret: bool = False) -> int:
    with database.write() as session:
        return mail.queue(
            session,
            clock,
            template="tests/hello",
            to=Address(to, "Ruth O'Hara"),
            context={"programme": "Attachment Based Mentoring"},
            letterhead=LETTERHEAD,
            about=("seat", 7),
            secret=secret,
        )


def row(database: Database, id: int) -> MailMessage:
    with database.read() as session:
        return session.get_one(MailMessage, id)


def drain(database: Database, clock: SteppingClock, url: str) -> None:
    handlers = Handlers()
    mail.register(handlers, database, clock, SmtpMailer(url, SENDER, reply_to="help@securebase.example"))
    Worker(database, handlers).drain(timeout=30)


def test_a_queued_mail_arrives_and_is_noted(database: Database, clock: SteppingClock, server: MailServer) -> None:
    id = queue(database, clock)
    drain(database, clock, server.url)
    (arrived,) = server.mailbox.to("ruth@lakeshire.example")
    kept = row(database, id)
    assert (kept.state, kept.attempts, kept.sent_at, kept.last_error) == (State.SENT, 1, clock.now(), None)
    assert arrived.header("Message-ID") == kept.message_id
    assert arrived.header("Subject") == "Attachment Based Mentoring: your seat"
    assert arrived.header("Reply-To") == "help@securebase.example"
    assert "https://portal.example/invitations/abc" in arrived.part("plain")
    assert arrived.part("html").replace("\r\n", "\n") == kept.html
    assert (kept.about_kind, kept.about_id) == ("seat", 7)


def test_a_line_may_begin_with_from(clock: SteppingClock, server: MailServer) -> None:
    words = "From now on, pay to this account:\n\nFrom Monday at the latest.\n"
    to = Address("ruth@lakeshire.example", "Ruth")
    letter = Letter("<1@portal.example>", to, "Our account", words, f"<p>\n{words}</p>\n", clock.now())
    SmtpMailer(server.url, SENDER).send(letter)
    (arrived,) = server.mailbox.to("ruth@lakeshire.example")
    assert arrived.part("plain").replace("\r\n", "\n") == words
    assert arrived.part("html").replace("\r\n", "\n") == letter.html


def test_the_mail_is_gone_with_the_transaction(database: Database, clock: SteppingClock, server: MailServer) -> None:
    def work() -> None:
        with database.write() as session:
            to = Address("a@b.example")
            mail.queue(session, clock, template="tests/hello", to=to, context={"programme": "x"}, letterhead=LETTERHEAD)
            raise RuntimeError("the seat was taken")

    with pytest.raises(RuntimeError):
        work()
    drain(database, clock, server.url)
    assert server.mailbox.mails() == []


def test_a_mail_waits_while_the_server_is_gone(database: Database, clock: SteppingClock, server: MailServer) -> None:
    id = queue(database, clock)
    send = mail.sender(database, clock, SmtpMailer("smtp://127.0.0.1:9", SENDER))
    with pytest.raises(OSError, match="refused"):
        send(id)
    kept = row(database, id)
    assert kept.state == State.QUEUED
    assert "ConnectionRefusedError" in (kept.last_error or "")
    drain(database, clock, server.url)
    assert row(database, id).attempts == 2
    assert len(server.mailbox.mails()) == 1


class Answers:
    """A mail server that answers as it is told: the other side of the port, not a part of ours."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send(self, letter: Letter) -> None:
        raise self.error


def test_a_mail_that_is_refused_for_good_is_given_up(database: Database, clock: SteppingClock) -> None:
    id = queue(database, clock, secret=True)
    mail.sender(database, clock, Answers(MailRefused("550 no such mailbox")))(id)
    kept = row(database, id)
    assert (kept.state, kept.last_error) == (State.FAILED, "550 no such mailbox")
    assert "invitations" not in kept.text + kept.html


def test_after_three_days_of_trying_a_mail_is_given_up(database: Database, clock: SteppingClock) -> None:
    id = queue(database, clock)
    send = mail.sender(database, clock, Answers(TimeoutError("no answer")))
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(TimeoutError):
            send(id)
    send(id)
    assert row(database, id).state == State.FAILED


def test_a_mail_given_up_is_sent_again_when_asked(database: Database, clock: SteppingClock, server: MailServer) -> None:
    id = queue(database, clock)
    mail.sender(database, clock, Answers(MailRefused("550 no such mailbox")))(id)
    with database.write() as session:
        assert mail.send_again(session, clock, LETTERHEAD, id) == id
        with pytest.raises(Refused, match="still waiting"):
            mail.send_again(session, clock, LETTERHEAD, id)
    drain(database, clock, server.url)
    assert row(database, id).state == State.SENT
    assert len(server.mailbox.mails()) == 1


def test_a_mail_that_was_sent_goes_out_as_one_of_its_own(
    database: Database, clock: SteppingClock, server: MailServer
) -> None:
    first = queue(database, clock)
    drain(database, clock, server.url)
    with database.write() as session:
        second = mail.send_again(session, clock, LETTERHEAD, first)
    drain(database, clock, server.url)
    assert row(database, second).message_id != row(database, first).message_id
    assert row(database, second).text == row(database, first).text
    assert [row(database, each).state for each in (first, second)] == [State.SENT, State.SENT]
    assert len(server.mailbox.mails()) == 2


def test_words_that_were_not_kept_are_not_sent_again(
    database: Database, clock: SteppingClock, server: MailServer
) -> None:
    id = queue(database, clock, secret=True)
    drain(database, clock, server.url)
    with database.write() as session, pytest.raises(Refused, match="Send a new link"):
        mail.send_again(session, clock, LETTERHEAD, id)


def test_two_workers_do_not_send_one_mail(database: Database, clock: SteppingClock, server: MailServer) -> None:
    id = queue(database, clock)
    real = SmtpMailer(server.url, SENDER)
    refused: list[BeingSent] = []

    class SecondComesMeanwhile:
        def send(self, letter: Letter) -> None:
            try:
                mail.sender(database, clock, real)(id)
            except BeingSent as error:
                refused.append(error)
            real.send(letter)

    mail.sender(database, clock, SecondComesMeanwhile())(id)
    mail.sender(database, clock, real)(id)
    assert len(refused) == 1
    assert len(server.mailbox.mails()) == 1


def test_a_claim_of_one_that_died_runs_out(database: Database, clock: SteppingClock, server: MailServer) -> None:
    id = queue(database, clock)
    with pytest.raises(SystemExit):
        mail.sender(database, clock, Dies())(id)
    with pytest.raises(BeingSent):
        mail.sender(database, clock, SmtpMailer(server.url, SENDER))(id)
    clock.move(seconds=timedelta(minutes=5).total_seconds())
    mail.sender(database, clock, SmtpMailer(server.url, SENDER))(id)
    assert len(server.mailbox.mails()) == 1


class Dies:
    def send(self, letter: Letter) -> None:
        raise SystemExit


def test_a_secret_leaves_the_database_with_the_mail(
    database: Database, clock: SteppingClock, server: MailServer
) -> None:
    id = queue(database, clock, secret=True)
    drain(database, clock, server.url)
    kept = row(database, id)
    assert "invitations" not in kept.text + kept.html
    assert "https://portal.example/invitations/abc" in server.mailbox.mails()[0].part("plain")


def test_the_page_shows_what_arrived(database: Database, clock: SteppingClock, server: MailServer) -> None:
    queue(database, clock)
    drain(database, clock, server.url)
    (arrived,) = server.mailbox.mails()
    assert "Attachment Based Mentoring: your seat" in page(server.page)
    assert "Ruth O&#39;Hara" in page(f"{server.page}/{arrived.name}")
    assert '<base target="_blank">' in page(f"{server.page}/{arrived.name}/html")


def page(url: str) -> str:
    with urlopen(url) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        return str(answer.read().decode())


@pytest.mark.parametrize("wrong", [{"state": "lost"}, {"state": "sent"}, {"sent_at": sa.func.now()}])
def test_the_constraints_bite(session: Session, wrong: dict[str, object]) -> None:
    words = dict.fromkeys(("message_id", "to_address", "to_name", "subject", "text", "html", "template"), "x")
    right = {**words, "secret": False, "attempts": 0, "queued_at": sa.func.now(), "state": "queued"}
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.insert(MailMessage).values({**right, **wrong}))
