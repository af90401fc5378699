"""A refused trainer reminds whoever can mend it: once a week for each person and licence."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from kit.audit import AuditEntry
from kit.clock import SteppingClock, today
from kit.mail import MailMessage
from licences import accreditations, seats, terms
from licences.people import legal, memberships
from licences.people.kinds import Role
from tests.browser_like import Browser, hidden_fields
from tests.world import COLLEAGUE, STRANGER, STRANGER_MANAGER, TEAM, TRAINER, World

ADDRESS = "/materials/reminders"


def mails(world: World) -> list[MailMessage]:
    """The reminders that were queued, oldest first."""
    with world.house.database.read() as session:
        wanted = sa.select(MailMessage).where(MailMessage.template == "licences/reminder").order_by(MailMessage.id)
        return list(session.scalars(wanted))


def recorded(world: World) -> int:
    with world.house.database.read() as session:
        wanted = sa.select(sa.func.count()).where(AuditEntry.action == "reminder sent")
        return session.scalar(wanted) or 0


def press(browser: Browser, page: str) -> str:
    """Presses the button of a page and returns the page that it leads back to."""
    response = browser.post(ADDRESS, hidden_fields(browser.get(page).text, ADDRESS))
    assert response.status_code == 303, response.text
    assert response.location == page
    return browser.get(page).text


@pytest.fixture
def refused(world: World) -> Browser:
    """A trainer whose organisation's licence is suspended."""
    return world.browser(STRANGER)


def test_the_manager_gets_a_mail_with_the_reason_and_the_next_step(world: World, refused: Browser) -> None:
    page = f"/materials/{world.manual}"
    assert "Send Priya a reminder" in refused.get(page).text
    assert "Your reminder to Priya Raman is on its way." in press(refused, page)
    (mail,) = mails(world)
    assert (mail.to_address, mail.to_name) == (STRANGER_MANAGER, "Priya Raman")
    assert mail.subject == "Tom Barraclough cannot take copies of Attachment Based Mentoring"
    assert mail.text == (
        "Dear Priya Raman,\n\n"
        "Tom Barraclough (Hillside Trust) asked for “Trainer manual” of Attachment Based Mentoring and got no copy."
        " Tom asked us to remind you, and reads this reason:\n\n"
        "“Hillside Trust’s licence has been suspended since 10 November 2026. Invoice 117 has been unpaid for 60"
        " days.”\n\n"
        "Copies open again as soon as the licence is restored. Nothing has to be set up anew.\n\n"
        "See the licence, the seats and the next step here:\n\n"
        "https://portal.test/organisation\n\n"
        "If it is settled already, you need do nothing. Tom can send a reminder once a week. To write to Tom:"
        " trainer@hillside.example\n\n"
        "--\nSecure Base\nhttps://portal.test/\n"
        "Help: help@securebase.example. A person answers within one working day.\n"
    )
    assert recorded(world) == 1


def test_own_copies_say_why_they_do_not_open_and_offer_no_link_that_is_refused(world: World, refused: Browser) -> None:
    clock = world.house.clock
    with world.house.database.write() as session:
        terms.restore(session, clock, TEAM, world.suspended_licence, reason="Paid.")
        legal.accept_terms_of_use(session, clock, world.viewer(STRANGER), 1)
    form = {"edition": world.current_edition, "press": "one"}
    assert refused.post(f"/materials/{world.manual}/copies", form).status_code == 303
    assert "Open again" in refused.get("/copies").text
    with world.house.database.write() as session:
        terms.suspend(session, clock, TEAM, world.suspended_licence, reason="Invoice 118 is unpaid.")
    page = refused.get("/copies").text
    assert "You cannot open copies just now" in page
    assert "Open again" not in page


def test_a_week_passes_before_another(world: World, refused: Browser) -> None:
    clock = world.house.clock
    assert isinstance(clock, SteppingClock)
    page = f"/materials/{world.manual}"
    fields = hidden_fields(refused.get(page).text, ADDRESS)
    shown = press(refused, page)
    assert "Sent to Priya Raman on 14 November 2026; you can send another from 21 November 2026." in shown
    assert "Send Priya a reminder" not in shown
    again = refused.post(ADDRESS, fields)
    assert again.status_code == 303
    assert "You can send another from 21 November 2026." in refused.get(page).text
    assert (len(mails(world)), recorded(world)) == (1, 1)
    clock.move(days=6)
    assert "Send Priya a reminder" not in world.browser(STRANGER).get(page).text
    clock.move(days=1)
    press(world.browser(STRANGER), page)
    assert (len(mails(world)), recorded(world)) == (2, 2)


def test_home_and_a_refused_copy_offer_it_too(world: World, refused: Browser) -> None:
    form = {"edition": world.current_edition, "press": "a"}
    page = refused.post(f"/materials/{world.manual}/copies", form).text
    assert hidden_fields(page, ADDRESS)["next"] == f"/materials/{world.manual}"
    assert "Your reminder" in press(refused, "/")
    assert "asked for the materials of Attachment Based Mentoring" in mails(world)[0].text
    page = refused.post(f"/materials/{world.manual}/copies", form).text
    assert "Sent to Priya Raman on" in page


def lapse(world: World) -> None:
    day = today(world.house.clock)
    with world.house.database.write() as session:
        accreditations.record_accreditation(
            session, world.house.clock, TEAM, person_id=world.people[TRAINER], programme_id=world.programme,
            from_on=day - timedelta(days=90), until_on=day - timedelta(days=1), note="",
        )  # fmt: skip


def test_what_only_the_team_can_mend_goes_to_the_team(world: World) -> None:
    lapse(world)
    trainer = world.browser(TRAINER)
    page = f"/materials/{world.manual}"
    assert "Send the programme team a reminder" in trainer.get(page).text
    press(trainer, page)
    (mail,) = mails(world)
    assert mail.to_address == "help@securebase.example"
    assert f"https://portal.test/admin/people/{world.people[TRAINER]}" in mail.text
    assert "“Your accreditation for Attachment Based Mentoring lapsed on" in mail.text


def test_a_manager_who_is_refused_reminds_the_team_not_themselves(world: World) -> None:
    with world.house.database.write() as session:
        seats.give(session, world.house.clock, TEAM, world.suspended_licence, world.people[STRANGER_MANAGER])
    press(world.browser(STRANGER_MANAGER), f"/materials/{world.manual}")
    assert [mail.to_address for mail in mails(world)] == ["help@securebase.example"]


def test_every_manager_is_written_to(world: World, refused: Browser) -> None:
    with world.house.database.write() as session:
        memberships.add_person(
            session, world.house.clock, TEAM, world.hillside, name="Jo Beck", email="jo@hillside.example",
            role=Role.MANAGER,
        )  # fmt: skip
    page = f"/materials/{world.manual}"
    assert "Send your licence managers a reminder" in refused.get(page).text
    assert "Sent to Jo Beck and Priya Raman on" in press(refused, page)
    assert [mail.to_address for mail in mails(world)] == ["jo@hillside.example", STRANGER_MANAGER]


def test_nobody_is_reminded_without_a_reason(world: World, refused: Browser) -> None:
    form = {"programme": world.programme, "material": world.manual, "next": "/materials"}
    trainer = world.browser(TRAINER)  # only the terms stand in the way
    assert trainer.post(ADDRESS, form).status_code == 303
    assert "Nobody has to be reminded" in trainer.get("/materials").text
    for wrong in ({"programme": "999"}, {"programme": "x"}, {"material": "999"}, {"programme": "", "material": ""}):
        assert refused.post(ADDRESS, {**form, **wrong}).status_code == 404
    with world.house.database.write() as session:
        terms.restore(session, world.house.clock, TEAM, world.suspended_licence, reason="Paid.")
    refused.post(ADDRESS, form)
    assert (mails(world), recorded(world)) == ([], 0)


def test_it_leads_back_only_to_a_page_of_ours(world: World) -> None:
    form = {"programme": world.programme, "material": "", "next": "//evil.example"}
    assert world.browser(COLLEAGUE).post(ADDRESS, form).location == "/materials"
