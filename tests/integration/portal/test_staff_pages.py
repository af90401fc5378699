"""Staff's home, the audit trail and the legal texts, over HTTP."""

import csv
import io
import re
from datetime import timedelta

import pytest

from kit import audit
from kit.clock import SteppingClock, today
from kit.web import listing
from licences import terms
from licences.people import legal, memberships, organisations
from licences.people.kinds import LegalKind, Role
from tests.browser_like import Browser, hidden_fields
from tests.statements import counted
from tests.world import PASSWORD, STAFF, TEAM, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


# Home


def test_home_says_what_waits(world: World, staff: Browser) -> None:
    with world.house.database.write() as session:
        clock = world.house.clock
        day = today(clock)
        made = organisations.create_organisation(
            session, clock, TEAM, name="Northmoor", kind=organisations.OrganisationKind.EP_TEAM
        )
        memberships.add_person(
            session, clock, TEAM, made.id, name="Helen Adeyemi", email="h@north.example", role=Role.MANAGER
        )
        terms.grant(
            session, clock, TEAM, organisation_id=made.id, programme_id=world.programme,
            starts_on=day - timedelta(days=300), ends_on=day + timedelta(days=12), seats=3, reason="Order",
        )  # fmt: skip
    page = staff.get("/admin").text
    for words in (
        "Trainer manual 3.3 is a draft", "Northmoor", "12 days left", "0 of 3 seats", "Hillside Trust",
        "Invoice 117 has been unpaid for 60 days.", "1 person has not set a password yet", "Helen Adeyemi",
        "Trainer manual 3.2", "Licence granted",
    ):  # fmt: skip
        assert words in page, words
    assert "Signed in" not in page


def test_home_needs_as_many_statements_for_many_as_for_few(world: World, staff: Browser) -> None:
    with counted(world.house.database) as few:
        staff.get("/admin")
    with world.house.database.write() as session:
        clock = world.house.clock
        for number in range(8):
            made = organisations.create_organisation(
                session, clock, TEAM, name=f"Place {number}", kind=organisations.OrganisationKind.TRUST
            )
            terms.grant(
                session, clock, TEAM, organisation_id=made.id, programme_id=world.programme,
                starts_on=today(clock), ends_on=today(clock) + timedelta(days=number), seats=3, reason="Order",
            )  # fmt: skip
    with counted(world.house.database) as many:
        staff.get("/admin")
    assert len(many) == len(few)


# The audit trail


def rows(page: str) -> list[str]:
    return re.findall(r'data-h="Action"><span class="sb-cell">(.*?)</span>', page)


def test_the_trail_is_searched_and_filtered(world: World, staff: Browser) -> None:
    assert set(rows(staff.get("/admin/audit?action=licence+suspended").text)) == {"Licence suspended"}
    assert len(rows(staff.get("/admin/audit?kind=edition&subject=manual+3.1").text)) == 3
    assert rows(staff.get("/admin/audit?actor=nobody").text) == []
    page = staff.get("/admin/audit?organisation=hillside").text
    assert rows(page)[0] == "Licence suspended"
    assert f'href="/admin/licences/{world.suspended_licence}"' in page
    assert staff.get("/admin/audit?since=nonsense").status_code == 400
    assert staff.get("/admin/audit?action=made+up").status_code == 400


def test_the_trail_goes_on_over_pages(world: World, staff: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 1000)
    everything = rows(staff.get("/admin/audit").text)
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    page, seen = staff.get("/admin/audit").text, []
    while True:
        seen += rows(page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if not older:
            break
        page = staff.get(older[1].replace("&amp;", "&")).text
    assert seen == everything
    assert len(seen) > 14


def test_the_trail_as_a_spreadsheet(world: World, staff: Browser) -> None:
    text = staff.get("/admin/audit.csv?action=licence+suspended").data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == 2
    assert lines[1][2:] == [
        "The test", "licence suspended", "licence", "Hillside Trust: Attachment Based Mentoring",
        "reason: Invoice 117 has been unpaid for 60 days.",
    ]  # fmt: skip


def test_the_page_says_how_the_chain_stands(world: World, staff: Browser) -> None:
    assert "Nothing is sealed yet" in staff.get("/admin/audit").text
    world.house.database.run(audit.seal_entries)
    assert "The chain of seals is whole" in staff.get("/admin/audit").text
    assert "Every link is whole" in staff.get("/admin/audit/chain").text
    with world.house.database.write() as session:
        audit.record(session, world.house.clock, TEAM, "made up", audit.Subject("thing", 1, "x"))
        session.flush()
        newest = audit.entries(session, audit.AuditQuery(action="made up"), audit.Span(1))[0]
        links = audit.chain_state(session).links
        session.add(audit.AuditSeal(position=links + 1, entry_id=newest.id, seal="0" * 64))
    assert f"Entry {newest.id} is not as it was" in staff.get("/admin/audit").text
    assert f"broken at entry {newest.id}" in staff.get("/admin/audit/chain").text


# The legal texts


def fields(staff: Browser, kind: str) -> dict[str, str]:
    return hidden_fields(staff.get(f"/admin/legal/{kind}").text, f"/admin/legal/{kind}")


def test_a_text_is_looked_at_then_published(world: World, staff: Browser) -> None:
    form = {**fields(staff, "privacy"), "title": "Privacy", "body": "## What we keep\n\nLittle <b>bold</b>."}
    look = staff.post("/admin/legal/privacy", {**form, "preview": "yes"})
    assert look.status_code == 200
    assert '<h2 class="govuk-heading-m">What we keep</h2>' in look.text
    assert "&lt;b&gt;" in look.text
    assert "What we keep" not in staff.get("/privacy").text, "a look publishes nothing"
    shown = hidden_fields(look.text, "/admin/legal/privacy")
    assert staff.post("/admin/legal/privacy", shown).status_code == 303
    assert "What we keep" in staff.get("/privacy").text
    assert "Version 2" in staff.get("/privacy").text


def test_words_that_nobody_looked_at_are_not_published(world: World, staff: Browser) -> None:
    form = {**fields(staff, "privacy"), "title": "Privacy", "body": "First words."}
    seen = hidden_fields(staff.post("/admin/legal/privacy", form).text, "/admin/legal/privacy")
    assert "First words." not in staff.get("/privacy").text
    shown = staff.post("/admin/legal/privacy", {**seen, "body": "Other words."})
    assert (shown.status_code, "Nothing is published yet" in shown.text) == (200, True)
    assert "words." not in staff.get("/privacy").text
    assert "Version 1" in staff.get("/privacy").text


def test_publishing_asks_again_who_it_is_and_loses_no_words(world: World, staff: Browser) -> None:
    form = {**fields(staff, "privacy"), "title": "Privacy", "body": "Written for half an hour."}
    assert "show who you are" not in staff.post("/admin/legal/privacy", {**form, "preview": "yes"}).text
    clock = world.house.clock
    assert isinstance(clock, SteppingClock)
    clock.move(minutes=30)
    look = staff.post("/admin/legal/privacy", {**form, "preview": "yes"})
    assert "show who you are" in look.text
    seen = hidden_fields(look.text, "/admin/legal/privacy")
    refused = staff.post("/admin/legal/privacy", seen)
    assert refused.status_code == 403
    assert "Nothing is published yet: show who you are first" in refused.text
    assert "Version 1" in staff.get("/privacy").text
    kept = hidden_fields(refused.text, "/admin/legal/privacy")
    assert kept["body"] == "Written for half an hour."
    beside = staff.get("/admin/legal/sure").location or ""
    staff.get(beside)
    assert staff.post(beside, {"password": PASSWORD}).location == "/admin/legal/sure"
    assert "press “Publish” there" in staff.get("/admin/legal/sure").text
    assert staff.post("/admin/legal/privacy", kept).status_code == 303
    assert "Written for half an hour." in staff.get("/privacy").text


def test_somebody_elses_version_is_shown_and_ours_is_kept(world: World, staff: Browser) -> None:
    form = {**fields(staff, "terms"), "title": "Ours", "body": "Our words."}
    with world.house.database.write() as session:
        legal.publish(session, world.house.clock, TEAM, LegalKind.TERMS, title="Theirs", body="Their words.", after=1)
    look = hidden_fields(staff.post("/admin/legal/terms", form).text, "/admin/legal/terms")
    response = staff.post("/admin/legal/terms", look)
    assert response.status_code == 409
    assert "Their words." in response.text
    assert "Our words." in response.text
    assert "Somebody published another version" in response.text
    again = hidden_fields(response.text, "/admin/legal/terms")
    assert again["after"] == "2"
    look = hidden_fields(staff.post("/admin/legal/terms", {**form, **again}).text, "/admin/legal/terms")
    assert staff.post("/admin/legal/terms", look).status_code == 303
    assert "Our words." in staff.get("/terms").text


def test_nothing_new_is_not_published(world: World, staff: Browser) -> None:
    form = {**fields(staff, "cookies"), "title": "Cookies", "body": "## One\n\nText."}
    response = staff.post("/admin/legal/cookies", form)
    assert response.status_code == 400
    assert "Nothing differs from version 1." in response.text


def test_an_empty_text_stays_on_the_page(world: World, staff: Browser) -> None:
    response = staff.post("/admin/legal/privacy", {**fields(staff, "privacy"), "title": "Kept title", "body": " "})
    assert response.status_code == 400
    assert "Kept title" in response.text


def test_there_are_five_texts_and_no_others(world: World, staff: Browser) -> None:
    page = staff.get("/admin/legal").text
    assert all(f"/admin/legal/{kind.value}" in page for kind in LegalKind)
    assert staff.get("/admin/legal/nonsense").status_code == 404
    assert staff.post("/admin/legal/nonsense", {"title": "a", "body": "b", "after": "0"}).status_code == 404
