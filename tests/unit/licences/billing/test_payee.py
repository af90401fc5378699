"""Our bank details change only by two people, and whoever pays is told, once."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from kit.audit import Actor
from kit.clock import SteppingClock
from kit.db import Database
from kit.mail import MailMessage
from kit.mail.wording import Wording
from kit.refusals import NotThere, Refused
from licences.billing import mail_words, papers, payee
from licences.billing.payee import Details
from licences.people import memberships
from tests.unit.licences.billing.place import LETTERHEAD, Council

DETAILS = Details("Lakeshire County Council", "County Hall\nLakeside", "gb 123 4567 89", "LCC Income", "12-34-56",
                  "1234 5678")  # fmt: skip


def asked(council: Council, details: Details = DETAILS) -> int:
    return payee.ask(council.session, council.clock, council.ruth, LETTERHEAD, details)


def agreed(council: Council, payee_id: int, actor: Actor | None = None) -> None:
    payee.agree(council.session, council.clock, actor or council.dev, LETTERHEAD, payee_id)


def told(council: Council, template: str) -> list[str]:
    wanted = sa.select(MailMessage.to_name).where(MailMessage.template == f"licences/{template}")
    return list(council.session.scalars(wanted.order_by(MailMessage.id)))


def test_one_writes_another_agrees_and_then_it_counts(council: Council) -> None:
    number = asked(council)
    assert payee.payee(council.session) is None
    assert told(council, "payee_staff") == ["Dev", "Ruth"]
    for actor in (council.ruth, Actor(None, "The worker")):
        with pytest.raises(Refused, match="second person"):
            agreed(council, number, actor)
    council.clock.move(minutes=5)
    agreed(council, number)
    found = payee.payee(council.session)
    assert found is not None
    assert (found.sort_code, found.account_number, found.vat_number) == ("123456", "12345678", "GB123456789")
    assert (found.sort_code_in_pairs, found.asked_by, found.agreed_by) == ("12-34-56", "Ruth", "Dev")
    assert council.actions()[-1] == "bank details changed"
    with pytest.raises(Refused, match="waits no more"):
        agreed(council, number)
    with pytest.raises(Refused, match="Nothing differs"):
        asked(council)
    with pytest.raises(NotThere):
        agreed(council, 404)


def test_until_the_second_agrees_the_old_ones_stand_and_only_one_change_waits(council: Council) -> None:
    agreed(council, asked(council))
    changed = replace(DETAILS, account_number="87654321")
    waits = asked(council, changed)
    with pytest.raises(Refused, match="Another change waits"):
        asked(council, replace(DETAILS, account_number="11111111"))
    present = papers.sender(council.session, LETTERHEAD).payee
    assert present is not None
    assert present.account_number == "12345678"
    payee.drop(council.session, council.clock, council.dev, LETTERHEAD, waits)
    with pytest.raises(Refused, match="waits no more"):
        agreed(council, waits)
    council.clock.move(minutes=1)
    agreed(council, asked(council, changed))
    present = payee.payee(council.session)
    assert present is not None
    assert present.account_number == "87654321"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("sort_code", "12345"), ("sort_code", "12-34-5a"), ("sort_code", "１２３４５６"), ("account_number", "1234567"),
     ("account_number", "123456789"), ("vat_number", "123456789"), ("vat_number", "GB12345678"),
     ("vat_number", "FR12345678901")],
)  # fmt: skip
def test_codes_of_a_wrong_shape_are_refused_at_their_field(council: Council, field: str, wrong: str) -> None:
    with pytest.raises(Refused) as refusal:
        asked(council, replace(DETAILS, **{field: wrong}))
    assert refusal.value.field == field


def test_the_database_refuses_one_person_as_both(council: Council) -> None:
    number = asked(council)
    alone = sa.text("UPDATE licences_payee SET agreed_by_id = asked_by_id, agreed_by = 'x', agreed_at = asked_at")
    with pytest.raises(sa.exc.IntegrityError), council.session.begin_nested():
        council.session.execute(alone)
    assert number


def test_whoever_pays_in_each_organisation_is_told_once(database: Database, clock: SteppingClock) -> None:
    with database.write() as session:
        council = Council(session, clock)
        council.order()
        number = asked(council)
        agreed(council, number)
    for _ in range(2):
        payee.tell_all(database, clock, LETTERHEAD, payee_id=number)
    with database.read() as session:
        rows = session.scalars(sa.select(MailMessage).where(MailMessage.template == "licences/payee_changed")).all()
    (row,) = rows
    assert row.to_name == "Colin"
    assert "Sort code: 12-34-56\nAccount number: 12345678\n" in row.text
    assert "Please do not trust a mail alone, not even this one." in row.text
    with database.write() as session:
        place = memberships.member_in(session, council.id, council.colin)
        session.execute(sa.text("UPDATE licences_membership SET role = 'trainer' WHERE id = :id"),
                        {"id": place.membership_id})  # fmt: skip
        session.execute(sa.text("DELETE FROM kit_mail_message"))
    payee.tell_all(database, clock, LETTERHEAD, payee_id=number)
    with database.read() as session:
        assert session.scalars(sa.select(MailMessage.to_name)).all() == ["Janet"], "without a finance contact"


def test_nobody_is_told_late_of_bank_details_that_count_no_more(database: Database, clock: SteppingClock) -> None:
    with database.write() as session:
        council = Council(session, clock)
        council.order()
        first = asked(council)
        agreed(council, first)
        clock.move(minutes=1)
        agreed(council, asked(council, replace(DETAILS, account_number="87654321")))
    payee.tell_all(database, clock, LETTERHEAD, payee_id=first)
    with database.read() as session:
        council.session = session
        assert told(council, "payee_changed") == []


@pytest.mark.parametrize("by_hand", ["Sort code: six", "12-34-56", "12 34 56", "12345678", "GB IBAN", "ACCOUNT NUMBER"])
def test_no_bank_details_are_written_into_a_mail_by_one_person_alone(by_hand: str) -> None:
    words = Wording(by_hand, f"Please pay to {by_hand} from now on. [link to pay]")
    assert [(one.field, "second person" in one.words) for one in mail_words.faults("payables", words)] == [
        ("subject", True), ("text", True),
    ]  # fmt: skip


def test_a_telephone_number_is_no_account() -> None:
    words = Wording(
        "[invoice number] of 10 December 2026", "Call 020 7946 0958 or 01632 960123. [bank details] [link to pay]"
    )
    assert list(mail_words.faults("payables", words)) == []
