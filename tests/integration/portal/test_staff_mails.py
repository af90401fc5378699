"""Staff see every mail and what became of it, and send one again, over HTTP."""

import pytest

from kit.mail import MailMessage, State
from tests.browser_like import Browser
from tests.world import STAFF, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def written(world: World, state: State, *, secret: bool = False, subject: str = "A reminder") -> int:
    now = world.house.clock.now()
    row = MailMessage(
        message_id=world.house.letterhead.new_message_id(), to_address="ann@lakeshire.example", to_name="Ann <b>O’Hara",
        subject=subject, text="Dear Ann\n<script>", html="", template="tests/hello", secret=secret, state=state,
        attempts=1, last_error="550 no such mailbox" if state is State.FAILED else None, queued_at=now,
        sent_at=now if state is State.SENT else None, about_kind="person", about_id=1,
    )  # fmt: skip
    with world.house.database.write() as session:
        session.add(row)
        session.flush()
        return row.id


def states(world: World) -> list[State]:
    with world.house.database.read() as session:
        return [row.state for row in session.query(MailMessage).order_by(MailMessage.id)]


def test_the_list_says_what_became_of_each(world: World, staff: Browser) -> None:
    written(world, State.SENT, subject="First")
    written(world, State.FAILED, subject="Second")
    page = staff.get("/admin/mails").text
    assert "550 no such mailbox" in page
    assert "Ann &lt;b&gt;O’Hara" in page
    only = staff.get("/admin/mails?state=failed").text
    assert "Second" in only
    assert "First" not in only
    assert "No mail fits" in staff.get("/admin/mails?q=nobody").text
    assert "Came back" in staff.get("/admin/mails.csv?q=second").get_data(as_text=True)


def test_a_mail_that_came_back_is_sent_again(world: World, staff: Browser) -> None:
    mail = written(world, State.FAILED)
    assert "&lt;script&gt;" in staff.get(f"/admin/mails/{mail}").text
    response = staff.post(f"/admin/mails/{mail}/send-again", {})
    assert (response.status_code, response.location) == (303, f"/admin/mails/{mail}")
    assert states(world) == [State.QUEUED]
    assert "Mail sent again" in staff.get("/admin/audit").text


def test_a_mail_that_was_sent_goes_out_as_another(world: World, staff: Browser) -> None:
    mail = written(world, State.SENT)
    assert staff.post(f"/admin/mails/{mail}/send-again", {}).status_code == 303
    assert states(world) == [State.SENT, State.QUEUED]


@pytest.mark.parametrize(("state", "secret"), [(State.QUEUED, False), (State.SENT, True), (State.FAILED, True)])
def test_some_are_not_sent_again_and_the_page_says_why(
    world: World, staff: Browser, state: State, secret: bool
) -> None:
    mail = written(world, state, secret=secret)
    response = staff.post(f"/admin/mails/{mail}/send-again", {})
    assert response.status_code == 409
    assert "It was not sent again" in response.text
    assert states(world) == [state]
