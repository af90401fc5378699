"""Mails about money: each once, to a person who can act, and not a moment after it was settled."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import SteppingClock, london
from kit.db import Database
from kit.mail import MailMessage, wording
from kit.refusals import Refused
from licences.billing import invoices, notices, overrides, pay_links, payee, renewals
from licences.billing.payee import Details
from licences.people import memberships
from tests.unit.licences.billing.place import LETTERHEAD, Council

FOOT = (
    "\n--\nSecure Base\nhttps://portal.test/\nHelp: help@securebase.example. A person answers within one working day.\n"
)


def words(council: Council, template: str) -> str:
    """The plain text of the last mail of a kind."""
    wanted = sa.select(MailMessage).where(MailMessage.template == f"licences/{template}")
    row = council.session.scalars(wanted.order_by(MailMessage.id.desc()).limit(1)).one()
    assert "£" in row.html or template in ("restored", "purchase_order", "override", "ending", "continuing")
    assert row.text.endswith(FOOT)
    return str(row.text.removesuffix(FOOT))


def go_to(council: Council, day: date) -> None:
    council.clock.moment += timedelta(days=(day - council.day).days)
    assert london(council.clock.moment).date() == day


def test_a_year_of_an_invoice_that_is_paid_late(council: Council) -> None:
    invoice = council.invoice(council.order())
    due = council.bill(invoice).due_on
    told: dict[int, list[str]] = {}
    for days in (-30, -29, 0, 1, 6, 7, 8, 29, 30, 31, 52, 53, 54, 59, 60, 61):
        go_to(council, due + timedelta(days=days))
        sent = council.tell()
        if sent:
            told[days] = sent
    overdue = "Janet: Invoice SB-1 was due on 10 December 2026"
    assert told == {
        -30: [
            "Colin: Invoice SB-1, purchase order PO 1, Secure Base: £1,200.00 by 10 December 2026",
            "Janet: Invoice SB-1, purchase order PO 1: £1,200.00 by 10 December 2026",
        ],
        7: [overdue],
        30: [overdue],
        53: [overdue],
        60: ["Janet: Lakeshire Council: copies of ABM have stopped"],
    }
    council.pay_all(invoice)
    assert council.tell() == ["Janet: Paid: invoice SB-1", "Janet: Lakeshire Council: copies of ABM are open again"]
    council.clock.move(days=1)
    assert council.tell() == []


def test_what_the_mails_say(council: Council) -> None:
    invoice = council.invoice(council.order())
    council.tell()
    assert words(council, "invoice") == (
        "Dear Janet,\n\n"
        "Invoice SB-1 of 10 November 2026 is for ABM at Lakeshire Council, with purchase order PO 1.\n\n"
        "To pay: £1,200.00, of which £200.00 is VAT, by 10 December 2026.\n\n"
        "The invoice itself goes to your finance office. Has it not come there within a week? Answer this mail.\n\n"
        "See what is invoiced and paid:\n\nhttps://portal.test/organisation/invoices\n"
    )
    council.clock.move(days=37)
    council.tell()
    assert words(council, "overdue") == (
        "Dear Janet,\n\n"
        "Invoice SB-1 (purchase order PO 1) for ABM at Lakeshire Council was due on 10 December 2026. £1,200.00 is"
        " still to be paid.\n\n"
        "Your trainers go on as before. What it pays for stops on 8 February 2027 if it is not paid by then, and"
        " goes on again once it is.\n\n"
        "Could you ask your finance office about it? If it was paid in the last days, you need do nothing.\n\n"
        "See the invoice:\n\nhttps://portal.test/organisation/invoices\n"
    )
    council.clock.move(days=60)
    council.tell()
    assert words(council, "suspended") == (
        "Dear Janet,\n\n"
        "Invoice SB-1 (£1,200.00) was due on 10 December 2026 and has not been paid.\n\n"
        "Trainers of Lakeshire Council cannot take or open copies of ABM until it is settled. They read the same"
        " reason. Copies open again the moment its payment is recorded. Seats, people and history are kept.\n\n"
        "Was it paid already, or is something wrong with the invoice? Answer this mail.\n\n"
        "See the invoice:\n\nhttps://portal.test/organisation/invoices\n"
    )
    council.pay(invoice, 125_000)
    council.tell()
    assert words(council, "receipt") == (
        "Dear Janet,\n\n"
        "We have £1,250.00 for invoice SB-1 (purchase order PO 1) of Lakeshire Council. That is £50.00 more than was"
        " owed: we write to you about it.\n\n"
        "Paid until 9 November 2027 with purchase order PO 1.\n\n"
        "See what is invoiced and paid:\n\nhttps://portal.test/organisation/invoices\n"
    )
    assert words(council, "restored") == (
        "Dear Janet,\n\n"
        "Trainers of Lakeshire Council can take and open copies of ABM again. Nothing has to be set up anew.\n\n"
        "Paid until 9 November 2027 with purchase order PO 1.\n\n"
        "See the licence:\n\nhttps://portal.test/organisation\n"
    )


def year_from(council: Council, begins: date) -> None:
    """A paid year that ends on the eve of a day a year after `begins`; nothing of it is left to be told."""
    council.announce()
    order = council.order(first=(begins - council.day).days)
    council.pay_all(council.invoice(order))
    notices.count_as_told(council.session, council.clock, council.licence.id)


@pytest.mark.parametrize(
    ("begins", "asked"),
    [
        (date(2026, 9, 1), [date(2027, 5, 1), date(2027, 6, 1), date(2027, 7, 1), date(2027, 9, 6)]),
        (date(2026, 4, 1), [date(2027, 1, 5), date(2027, 2, 1), date(2027, 3, 1)]),
    ],
)
def test_the_next_purchase_order_is_asked_for_by_the_licence_year(
    council: Council, begins: date, asked: list[date]
) -> None:
    year_from(council, begins)
    days = []
    for day in asked:
        for looked in (day - timedelta(days=1), day, day + timedelta(days=1)):
            go_to(council, looked)
            if council.tell():
                days.append(council.day)
    assert days == asked


def test_a_purchase_order_that_came_is_not_asked_for(council: Council) -> None:
    year_from(council, date(2026, 4, 1))
    go_to(council, date(2027, 1, 5))
    assert council.tell() == ["Janet: Lakeshire Council: the purchase order for the licence year from 1 April 2027"]
    assert words(council, "purchase_order") == (
        "Dear Janet,\n\n"
        "The licence of Lakeshire Council for ABM runs until 31 March 2027. The next licence year begins on 1 April"
        " 2027.\n\n"
        "Please ask your finance office for a purchase order, and write its number on this page. Everything else is"
        " filled in; it takes a minute.\n\n"
        "If it takes longer, promise the renewal there, and copies go on for thirty days. If you do not renew, say so"
        " there, and we ask no more.\n\n"
        f"Renew the licence:\n\nhttps://portal.test/organisation/licences/{council.licence.id}/renew\n"
    )
    council.order(first=(date(2027, 4, 1) - council.day).days, po="PO 2")
    go_to(council, date(2027, 2, 1))
    assert council.tell() == []


@pytest.mark.parametrize("licensed_before", [True, False])
def test_an_order_without_its_number_is_still_asked_for(council: Council, licensed_before: bool) -> None:
    if licensed_before:
        year_from(council, date(2026, 4, 1))
    council.order(first=(date(2027, 4, 1) - council.day).days, po=None)
    go_to(council, date(2027, 2, 1))
    assert len(council.tell()) == 1
    before = (
        "runs until 31 March 2027. The next licence" if licensed_before else "waits for its purchase order. The licence"
    )
    assert f"{before} year begins on 1 April 2027." in words(council, "purchase_order")


def test_nobody_is_asked_for_what_has_no_price(council: Council) -> None:
    council.pay_all(council.invoice(council.order(first=(date(2026, 4, 1) - council.day).days)))
    notices.count_as_told(council.session, council.clock, council.licence.id)
    go_to(council, date(2027, 1, 5))
    assert council.tell() == []


@pytest.mark.parametrize(
    "settle",
    [
        lambda council, invoice: council.pay_all(invoice),
        lambda council, invoice: invoices.void(council.session, council.clock, council.ruth, invoice, reason="x"),
        lambda council, invoice: invoices.give_up(council.session, council.clock, council.ruth, invoice, reason="x"),
    ],
)
def test_nothing_is_asked_for_a_moment_after_it_is_settled(
    council: Council, settle: Callable[[Council, int], None]
) -> None:
    invoice = council.invoice(council.order())
    council.tell()
    council.clock.move(days=37)
    settle(council, invoice)
    assert not [one for one in council.tell() if "was due on" in one]


def test_who_does_not_renew_is_told_once_and_asked_no_more_until_they_change_their_mind(council: Council) -> None:
    year_from(council, date(2026, 4, 1))
    decline, think_again = renewals.decline, renewals.think_again
    here = (council.session, council.clock, council.ruth, council.licence.id)
    decline(*here)
    assert council.tell() == ["Janet: Lakeshire Council: the licence for ABM ends on 31 March 2027"]
    assert words(council, "ending") == (
        "Dear Janet,\n\n"
        "It is noted that Lakeshire Council does not renew its licence for ABM. It goes on as before until 31 March"
        " 2027, and ends with that day. Nothing is invoiced for a further year, and we ask for no purchase order.\n\n"
        "After that your trainers cannot take or open copies. People, seats and history are kept.\n\n"
        "You can change your mind until then, here:\n\n"
        f"https://portal.test/organisation/licences/{council.licence.id}/not-renewing\n"
    )
    go_to(council, date(2027, 1, 5))
    assert council.tell() == []
    think_again(*here)
    assert council.tell() == [
        "Janet: Lakeshire Council: the licence for ABM is renewed as usual",
        "Janet: Lakeshire Council: the purchase order for the licence year from 1 April 2027",
    ]
    assert words(council, "continuing") == (
        "Dear Janet,\n\n"
        "We had noted that Lakeshire Council does not renew its licence for ABM. That is taken back: it is renewed as"
        " usual, by an order of yours.\n\n"
        "See the licence:\n\nhttps://portal.test/organisation\n"
    )
    decline(*here)
    assert len(council.tell()) == 1
    for _ in range(2):  # to and fro on one day
        council.clock.move(minutes=5)
        think_again(*here)
        council.tell()
        decline(*here)
        assert council.tell() == []


def test_without_a_licence_manager_the_team_hears_of_it(council: Council) -> None:
    place = memberships.member_in(council.session, council.id, council.janet)
    ann = memberships.add_person(
        council.session, council.clock, council.ruth, council.id, name="Ann", email="ann@x.example", role=place.role
    )
    council.invoice(council.order())
    assert [one.split(":")[0] for one in council.tell()] == ["Colin", "Ann", "Janet"]
    council.session.execute(sa.text("UPDATE licences_membership SET role = 'trainer' WHERE organisation_id = :id"),
                            {"id": council.id})  # fmt: skip
    council.session.expire_all()
    council.clock.move(days=37)
    assert [one.split(":")[0] for one in council.tell()] == ["Secure Base"]
    assert ann.name == "Ann"


def test_what_was_brought_from_elsewhere_counts_as_told(council: Council) -> None:
    council.invoice(council.order(), due=0)
    council.clock.move(days=40)
    notices.count_as_told(council.session, council.clock, council.licence.id)
    assert council.tell() == []
    council.clock.move(days=13)
    assert len(council.tell()) == 1


def test_all_staff_hear_who_keeps_a_licence_open(council: Council) -> None:
    council.order()
    overrides.keep_open(
        council.session, council.clock, council.ruth, LETTERHEAD, council.licence.id,
        until_on=council.day + timedelta(days=20), reason="Their payment run is late.",
    )  # fmt: skip
    assert words(council, "override") == (
        "Dear Ruth,\n\n"
        "Ruth asks to keep the licence of Lakeshire Council for ABM open until 30 November 2026, whatever is owed. The"
        " reason: “Their payment run is late.”\n\n"
        "It counts when somebody else on the team agrees.\n\n"
        f"See the licence:\n\nhttps://portal.test/admin/licences/{council.licence.id}\n"
    )
    (waiting,) = overrides.open_overrides(council.session, council.clock, council.licence.id)
    overrides.agree(council.session, council.clock, council.dev, LETTERHEAD, waiting.id)
    assert "Dev agreed with Ruth to keep the licence of Lakeshire Council" in words(council, "override")
    rows = council.session.scalars(sa.select(MailMessage.to_name).order_by(MailMessage.id)).all()
    assert sorted(rows) == ["Dev", "Dev", "Ruth", "Ruth"]


def test_the_hourly_look_tells_everybody_and_lets_years_begin(database: Database, clock: SteppingClock) -> None:
    with database.write() as session:
        council = Council(session, clock)
        council.invoice(council.order(first=3, seats=5))
    clock.move(days=3)
    for _ in range(2):
        notices.catch_up_with_all(database, clock, LETTERHEAD)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(MailMessage)) == 2, "payer and manager"
        council.session = session
        assert council.licence.seats_bought == 5


def test_whoever_pays_gets_the_invoice_once_and_no_reminder(council: Council, session: Session) -> None:
    number = council.invoice(council.order())
    assert council.tell() == [
        "Colin: Invoice SB-1, purchase order PO 1, Secure Base: £1,200.00 by 10 December 2026",
        "Janet: Invoice SB-1, purchase order PO 1: £1,200.00 by 10 December 2026",
    ]
    told = words(council, "payables")
    secret = told.split("https://portal.test/pay/")[1].split()[0]
    assert pay_links.invoice_behind(session, council.clock, secret) == number
    assert told.replace(secret, "…") == (
        "Dear Colin,\n\n"
        "Invoice SB-1 to Lakeshire Council, with purchase order PO 1, is enclosed as PDF.\n\n"
        "To pay: £1,200.00, of which £200.00 is VAT, by 10 December 2026.\n\n"
        "See it and how to pay it, without an account:\n\nhttps://portal.test/pay/…\n\n"
        "Whoever has this link can see this invoice, and nothing else. It works for ninety days.\n"
    )
    row = session.scalars(sa.select(MailMessage).where(MailMessage.template == "licences/payables")).one()
    assert (row.enclosure_kind, row.enclosure_id, row.secret) == ("invoice", number, True)
    for _ in range(70):
        council.clock.move(days=1)
        assert not [one for one in council.tell() if one.startswith("Colin")]


def test_without_a_finance_contact_the_manager_gets_the_invoice_itself(council: Council, session: Session) -> None:
    session.execute(sa.text("UPDATE licences_membership SET role = 'trainer' WHERE role = 'finance contact'"))
    session.expire_all()
    council.invoice(council.order())
    assert [one.split(":")[0] for one in council.tell()] == ["Janet"]
    assert "is enclosed as PDF" in words(council, "payables")


def test_our_bank_details_are_in_the_mail_that_carries_the_invoice(council: Council, session: Session) -> None:
    details = Details("LCC", "County Hall", "", "LCC Income", "123456", "12345678")
    waits = payee.ask(session, council.clock, council.ruth, LETTERHEAD, details)
    payee.agree(session, council.clock, council.dev, LETTERHEAD, waits)
    council.invoice(council.order())
    council.tell()
    told = "by 10 December 2026.\n\nAccount name: LCC Income\nSort code: 12-34-56\nAccount number: 12345678\n"
    assert f"{told}Reference: SB-1\n\n" in words(council, "payables")


def test_staff_say_it_in_their_own_words(council: Council, session: Session) -> None:
    words_ = wording.Wording("Please pay [invoice number]", "Hello [name], [to pay] for [programme].")
    wording.keep(session, council.clock, "licences/invoice", words_, by="Ruth")
    council.invoice(council.order())
    assert council.tell()[-1] == "Janet: Please pay SB-1"
    assert words(council, "invoice") == "Hello Janet, £1,200.00 for ABM.\n"


def test_an_invoice_that_never_came_is_sent_once_more(council: Council, session: Session) -> None:
    number = council.invoice(council.order())
    council.tell()
    sent = notices.send_invoice(session, council.clock, council.ruth, LETTERHEAD, number)
    assert (sent, council.actions()[-1]) == ("Colin", "invoice sent again")
    rows = session.scalars(sa.select(MailMessage.text).where(MailMessage.template == "licences/payables")).all()
    assert len(set(rows)) == 2, "each with a link of its own"
    assert council.tell() == []
    council.pay_all(number)
    with pytest.raises(Refused, match="Nothing is owed"):
        notices.send_invoice(session, council.clock, council.ruth, LETTERHEAD, number)


def test_an_invoice_is_sent_again_three_times_a_day_at_most(council: Council, session: Session) -> None:
    number = council.invoice(council.order())
    for _ in range(3):
        notices.send_invoice(session, council.clock, council.ruth, LETTERHEAD, number)
    with pytest.raises(Refused, match="three times"):
        notices.send_invoice(session, council.clock, council.ruth, LETTERHEAD, number)
    council.clock.move(days=1)
    notices.send_invoice(session, council.clock, council.ruth, LETTERHEAD, number)


def test_nobody_is_asked_to_pay_what_is_on_its_way(council: Council, session: Session) -> None:
    council.invoice(council.order())
    on_its_way = sa.text("UPDATE licences_invoice SET in_flight_on = :day")
    session.execute(on_its_way, {"day": council.day.isoformat()})
    session.expire_all()
    assert council.tell() == []
    session.execute(sa.text("UPDATE licences_invoice SET in_flight_on = NULL"))
    session.expire_all()
    assert [one.split(":")[0] for one in council.tell()] == ["Colin", "Janet"], "it failed"
