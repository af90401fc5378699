"""Quotes: what they cost, how long they stand, what is kept, what is written, and how many are made."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, AuditEntry
from kit.clock import SteppingClock, today
from kit.links import PublicLinks
from kit.mail import Letterhead, MailMessage
from kit.refusals import NotThere, Refused
from licences import programmes
from licences.billing import prices
from licences.billing.papers import Sender
from licences.billing.payee import PayeeFacts
from licences.billing.prices import PriceFacts
from licences.billing.years import LicenceYear
from licences.documents.quote import drawable
from licences.people import limits
from licences.people.limits import Limit
from licences.quotes import making, paper, questions
from licences.quotes.making import Asked, Asker
from licences.quotes.models import Quote
from licences.quotes.questions import Question
from tests.unit.kit.pdf.tags_checks import page_text

TEAM = Actor(None, "The test")
LETTERHEAD = Letterhead("Secure Base", "help@team.example", PublicLinks("https://portal.test"))
ANN = Asker("Lakeshire Council", "la971", "Ann Example", "Ann@Lakeshire.example")
HERE = "192.0.2.7"


@pytest.fixture
def programme(session: Session, clock: SteppingClock) -> int:
    made = programmes.create_programme(
        session, clock, TEAM, name="Attachment Based Mentoring", days=3, trainer_days=5, audience="Schools"
    ).id
    prices.announce(session, clock, TEAM, PriceFacts(made, today(clock), 145_000, 5, 9_500, 2_000))
    return made


def test_a_quote_keeps_the_facts_of_its_day(session: Session, clock: SteppingClock, programme: int) -> None:
    secret = making.make(session, clock, LETTERHEAD, Asked(programme, 7, LicenceYear.SEPTEMBER), ANN, place=HERE)
    programmes.change_programme(session, clock, TEAM, programme, name="Other", days=3, trainer_days=5, audience="")
    found = making.quote(session, secret)
    assert found.cost.net_pence == 145_000 + 2 * 9_500
    assert (found.cost.vat_pence, found.cost.whole_pence) == (32_800, 196_800)
    assert (found.cost.starts_on, found.cost.ends_on) == (date(2027, 9, 1), date(2028, 8, 31))
    assert (found.programme_name, found.organisation_name) == ("Attachment Based Mentoring", "Lakeshire Council")
    assert found.stands_until == today(clock) + timedelta(days=60)
    assert found.stands_on(found.stands_until)
    assert not found.stands_on(found.stands_until + timedelta(days=1))
    row = session.scalars(sa.select(Quote)).one()
    assert (row.reference, row.person_email, row.register_reference) == (
        found.reference,
        "ann@lakeshire.example",
        "la971",
    )
    assert found.reference.startswith("Q26-")
    kept = [getattr(row, column.key) for column in Quote.__table__.columns]
    assert secret not in kept
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "quote made")).one()
    assert entry.subject_label == row.reference
    assert entry.actor_name == "Ann Example (without an account)", "whoever writes “The portal” does not pass for it"
    for wrong in ("", "x", secret + "x", row.fingerprint):
        with pytest.raises(NotThere):
            making.quote(session, wrong)


def test_its_link_goes_to_who_asked_and_the_words_are_removed_when_it_has_left(
    session: Session, clock: SteppingClock, programme: int
) -> None:
    secret = making.make(session, clock, LETTERHEAD, Asked(programme, 1, LicenceYear.APRIL), ANN, place=HERE)
    letter = session.scalars(sa.select(MailMessage)).one()
    assert (letter.to_address, letter.secret) == ("ann@lakeshire.example", True)
    assert (
        letter.subject == f"Quote {making.quote(session, secret).reference}: £1,740.00 for Attachment Based Mentoring"
    )
    assert letter.text == (
        "Dear Ann Example,\n\n"
        "Here is the quote you asked for: Attachment Based Mentoring for Lakeshire Council, 1 seat, from 1 April 2027 "
        "to 31 March 2028.\n\n"
        "It comes to £1,740.00, of which £290.00 is VAT. It stands until 9 January 2027, and nothing is owed until you "
        "order.\n\n"
        f"See it, and open it as PDF:\n\nhttps://portal.test/quotes/{secret}\n\n"
        "Whoever has this link can read the quote. If you did not ask for it, you need do nothing.\n\n"
        + letter.text.partition("you need do nothing.\n\n")[2]
    )


def test_a_part_of_a_year_costs_its_share(session: Session, clock: SteppingClock, programme: int) -> None:
    cost = making.cost_of(session, clock, Asked(programme, 5, LicenceYear.TODAY_TO_MARCH))
    days = (date(2027, 3, 31) - today(clock)).days + 1
    assert (cost.starts_on, cost.ends_on) == (today(clock), date(2027, 3, 31))
    assert cost.net_pence == round(145_000 * days / 365)
    with pytest.raises(Refused, match="no price"):
        making.cost_of(session, clock, Asked(programme + 1, 5, LicenceYear.APRIL))
    with pytest.raises(Refused, match="more than a quote"):
        making.cost_of(session, clock, Asked(programme, 20_000, LicenceYear.APRIL))


@pytest.mark.parametrize(
    ("limit", "key"),
    [(making.QUOTES_BY_PLACE, HERE), (making.QUOTES_BY_EMAIL, ANN.person_email.lower()), (making.QUOTES_IN_ALL, "")],
    ids=["from one network", "for one address", "in all"],
)
def test_each_limit_holds_by_itself(
    session: Session, clock: SteppingClock, programme: int, limit: Limit, key: str
) -> None:
    for _ in range(limit.most - 1):
        limits.count(session, clock, limit, key)
    asked = Asked(programme, 1, LicenceYear.APRIL)
    making.make(session, clock, LETTERHEAD, asked, ANN, place=HERE)
    with pytest.raises(Refused, match="Too many quotes"):
        making.make(session, clock, LETTERHEAD, asked, ANN, place=HERE)


def test_nobody_makes_quotes_or_asks_questions_without_end(
    session: Session, clock: SteppingClock, programme: int
) -> None:
    asked = Asked(programme, 1, LicenceYear.APRIL)
    for _ in range(making.QUOTES_BY_BOTH.most):
        making.make(session, clock, LETTERHEAD, asked, ANN, place=HERE)
    with pytest.raises(Refused, match="Too many quotes"):
        making.make(session, clock, LETTERHEAD, asked, ANN, place=HERE)
    making.make(session, clock, LETTERHEAD, asked, ANN, place="198.51.100.1")  # not kept out by who wrote in her name
    clock.move(hours=2)
    making.make(session, clock, LETTERHEAD, asked, ANN, place=HERE)
    for number in range(questions.BY_PLACE.most):
        question = Question("Ann", f"ann{number}@a.example", "How long is it?\n\nAnd how much?")
        questions.ask(session, clock, LETTERHEAD, programme, question, place=HERE)
    with pytest.raises(Refused, match="Write to help@"):
        questions.ask(session, clock, LETTERHEAD, programme, Question("B", "b@b.example", "?"), place=HERE)
    last = session.scalars(sa.select(MailMessage).order_by(MailMessage.id.desc()).limit(1)).one()
    assert (last.to_address, last.secret) == ("help@team.example", False)
    assert last.subject == "A question about Attachment Based Mentoring from Ann"
    assert "How long is it?\n\nAnd how much?\n\nAnswer to ann9@a.example." in last.text


def test_a_name_from_the_register_that_cannot_be_drawn_does_not_break_the_paper(
    session: Session, clock: SteppingClock, programme: int, tmp_path: Path
) -> None:
    asked = Asked(programme, 7, LicenceYear.SEPTEMBER)
    programmes.change_programme(
        session, clock, TEAM, programme, name="Mentoring 🎉", days=3, trainer_days=5, audience=""
    )
    asker = replace(ANN, organisation_name="St Mary\ufffds")
    found = making.quote(session, making.make(session, clock, LETTERHEAD, asked, asker, place=HERE))
    assert paper.paper(found, Sender("Secure Base", "help@team.example"), address="https://portal.test/q")
    assert (drawable(found.organisation_name), drawable(found.programme_name)) == ("St Mary?s", "Mentoring ?")
    details = ("LCC 李", "County Hall", "", "LCC Income", "123456", "12345678")
    account = PayeeFacts(*details, 1, 1, "Ruth", clock.now(), None, None)
    path = tmp_path / "quote.pdf"
    path.write_bytes(
        paper.paper(found, Sender("Secure Base", "help@team.example", account), address="https://a.test/q")
    )
    told = " ".join(page_text(path).split())
    assert "From LCC ?, County Hall" in told
    assert "to LCC Income, sort code 12-34-56, account number 12345678." in told
