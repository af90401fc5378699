"""A link shows one invoice for ninety days, unless it is withdrawn; its secret is nowhere but with who has it."""

import pytest
import sqlalchemy as sa

from kit.refusals import NotThere, Refused
from licences.billing import invoices, pay_links
from licences.payables import PayLink
from tests.unit.licences.billing.place import Council


def shown(council: Council, secret: str) -> int | None:
    try:
        return pay_links.invoice_behind(council.session, council.clock, secret)
    except NotThere:
        return None


def test_a_link_shows_its_invoice_for_ninety_days(council: Council) -> None:
    number = council.invoice(council.order())
    secret = pay_links.make(council.session, council.clock, council.ruth, number)
    assert len(secret) == 43, "256 bits"
    (link,) = pay_links.working_links(council.session, council.clock, number)
    assert (link.made_by, (link.expires_at - link.made_at).days) == ("Ruth", 90)
    council.clock.move(days=89, hours=23)
    assert shown(council, secret) == number
    assert shown(council, secret) == number, "looking spends nothing"
    council.clock.move(hours=1)
    assert shown(council, secret) is None
    assert pay_links.working_links(council.session, council.clock, number) == []


@pytest.mark.parametrize("wrong", ["", "x", "x" * 43, "%00", "\x00", "’" * 2000])
def test_no_other_words_open_anything(council: Council, wrong: str) -> None:
    pay_links.make(council.session, council.clock, council.ruth, council.invoice(council.order()))
    assert shown(council, wrong) is None


def test_the_secret_is_not_kept(council: Council) -> None:
    secret = pay_links.make(council.session, council.clock, council.ruth, council.invoice(council.order()))
    assert secret not in str(council.session.execute(sa.select(PayLink.__table__)).all())
    assert secret not in str(council.session.execute(sa.text("SELECT * FROM kit_audit_entry")).all())
    assert council.actions().count("pay link made") == 1


def test_withdrawn_links_show_nothing_and_others_go_on(council: Council) -> None:
    order = council.order()
    invoices.void(council.session, council.clock, council.ruth, council.invoice(order, "SB-0"), reason="x")
    number = council.invoice(order)
    other = council.invoice(council.order(first=400, po="PO 2"), "SB-2")
    links = [pay_links.make(council.session, council.clock, council.ruth, one) for one in (number, number, other)]
    assert pay_links.withdraw(council.session, council.clock, council.dev, number) == 2
    assert [shown(council, link) for link in links] == [None, None, other]
    assert pay_links.withdraw(council.session, council.clock, council.dev, number) == 0
    assert council.actions().count("pay links withdrawn") == 1
    assert shown(council, pay_links.make(council.session, council.clock, council.ruth, number)) == number


def test_a_void_invoice_gets_no_new_link_and_its_old_one_still_tells(council: Council) -> None:
    number = council.invoice(council.order())
    secret = pay_links.make(council.session, council.clock, council.ruth, number)
    invoices.void(council.session, council.clock, council.ruth, number, reason="x")
    with pytest.raises(Refused, match="void"):
        pay_links.make(council.session, council.clock, council.ruth, number)
    with pytest.raises(NotThere):
        pay_links.make(council.session, council.clock, council.ruth, 404)
    assert shown(council, secret) == number
