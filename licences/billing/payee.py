"""Whom our customers pay: our legal name, address and VAT number, and the bank account, as they stand on papers.

One member of staff writes a change, a second one agrees: whoever takes over one account cannot lead payments elsewhere.
All staff are told of each step; when it counts, so is whoever pays in every organisation that holds a licence.
"""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import jobs, mail
from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import Database, lock_row
from kit.jobs import Job
from kit.mail import MailMessage
from kit.refusals import NotThere, Refused
from licences.models import Licence
from licences.payables import Payee
from licences.people.kinds import Role
from licences.people.memberships import are_one_person, people_with_roles
from licences.people.models import Organisation
from licences.people.organisations import licensor

TELL = Job("tell who pays of our new bank details")
# Companies and public bodies: nine figures, twelve for a branch; GD and HA for government and health (HMRC's manual).
VAT_NUMBER = re.compile(r"GB(\d{9}|\d{12}|(GD|HA)\d{3})", re.ASCII)


@dataclass(frozen=True)
class Details:
    """What stands on papers. The sort code and the account number are figures alone; the VAT number may be empty."""

    legal_name: str
    address: str
    vat_number: str
    account_name: str
    sort_code: str
    account_number: str

    @property
    def sort_code_in_pairs(self) -> str:
        """“12-34-56”, as banks print it."""
        return "-".join(self.sort_code[place : place + 2] for place in (0, 2, 4))

    @property
    def name_and_address(self) -> str:
        """Whom they pay and where that is, on one line."""
        return on_one_line(self.legal_name, self.address)

    @property
    def account(self) -> str:
        """The account in the middle of a sentence."""
        return f"{self.account_name}, sort code {self.sort_code_in_pairs}, account number {self.account_number}"


@dataclass(frozen=True)
class PayeeFacts(Details):
    """One version of it, and who wrote and agreed to it; `agreed_at` is None while it waits."""

    id: int
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    agreed_by: str | None
    agreed_at: datetime | None


def on_one_line(*texts: str) -> str:
    """Lines of an address, with commas between them."""
    return ", ".join(line.strip(" ,") for text in texts for line in text.splitlines() if line.strip(" ,"))


def read(details: Details) -> Details:
    """The details as they are kept: spaces and hyphens of codes gone. Raises `Refused` for codes of a wrong shape.

    Whether the account is there, only the bank knows: the figures are checked for their number alone.
    """
    sort_code, number = (re.sub(r"[\s-]", "", text) for text in (details.sort_code, details.account_number))
    vat_number = re.sub(r"\s", "", details.vat_number).upper()
    if not re.fullmatch(r"\d{6}", sort_code, re.ASCII):
        raise Refused("A sort code has six figures, such as 12-34-56.", "sort_code")
    if not re.fullmatch(r"\d{8}", number, re.ASCII):
        raise Refused("An account number has eight figures. Put a 0 before one of seven.", "account_number")
    if vat_number and not VAT_NUMBER.fullmatch(vat_number):
        raise Refused("A VAT number is GB and nine figures, such as GB 123 4567 89.", "vat_number")
    return Details(details.legal_name, details.address, vat_number, details.account_name, sort_code, number)


def payee(session: Session) -> PayeeFacts | None:
    """The version that counts; None while two members of staff have not written one."""
    wanted = sa.select(Payee).where(Payee.agreed_at.is_not(None)).order_by(Payee.agreed_at.desc(), Payee.id.desc())
    row = session.scalar(wanted.limit(1))
    return None if row is None else _facts(row)


def waiting(session: Session) -> PayeeFacts | None:
    """The change that waits for its second person, if there is one."""
    row = session.scalar(sa.select(Payee).where(Payee.agreed_at.is_(None), Payee.dropped_at.is_(None)))
    return None if row is None else _facts(row)


def ask(session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, details: Details) -> int:
    """Writes a change, which waits for its second person; returns its id.

    Raises `Refused` for codes of a wrong shape, when nothing differs, or while another change waits.
    """
    if actor.person_id is None:
        raise Refused("Somebody with a name has to write this.")
    written = read(details)
    _lock(session)
    if waiting(session) is not None:
        raise Refused("Another change waits for its second person. Agree to it or drop it first.")
    present = payee(session)
    if present is not None and _details(present) == written:
        raise Refused("Nothing differs from what counts now.")
    row = Payee(
        **asdict(written) | {"vat_number": written.vat_number or None},
        asked_by_id=actor.person_id,
        asked_by=actor.name,
        asked_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _tell_staff(session, clock, actor, letterhead, row, "bank details written")
    return row.id


def agree(
    session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, payee_id: int, *, is_news: bool = True
) -> None:
    """The second person agrees: it counts from now on, and whoever pays is told by mail if `is_news`.

    Raises `NotThere`, and `Refused` for the person who wrote it, by whatever account, or when it waits no more.
    """
    row = _waiting(session, payee_id)
    if actor.person_id is None or are_one_person(session, actor.person_id, row.asked_by_id):
        raise Refused("A second person has to agree: not the one who wrote it.")
    row.agreed_by_id, row.agreed_by, row.agreed_at = actor.person_id, actor.name, clock.now()
    session.flush()
    _tell_staff(session, clock, actor, letterhead, row, "bank details changed")
    if is_news:
        jobs.enqueue(session, TELL, payee_id=row.id)


def drop(session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, payee_id: int) -> None:
    """Takes a change back before it counts. Raises `NotThere`, and `Refused` when it waits no more."""
    row = _waiting(session, payee_id)
    row.dropped_at = clock.now()
    session.flush()
    _tell_staff(session, clock, actor, letterhead, row, "bank details dropped")


def tell_all(database: Database, clock: Clock, letterhead: mail.Letterhead, *, payee_id: int) -> None:
    """Writes to whoever pays in each organisation that holds a licence; doing it again writes to nobody twice.

    What was changed once more meanwhile is news to nobody: its own mail could come after that of the newer.
    """
    with database.read() as session:
        present = payee(session)
        if present is None or present.id != payee_id:
            return
        places = session.scalars(sa.select(Licence.organisation_id).distinct().order_by(Licence.organisation_id)).all()
    for place in places:
        database.run(partial(_tell_place, clock=clock, letterhead=letterhead, payee_id=payee_id, place=place))


def _tell_place(session: Session, clock: Clock, letterhead: mail.Letterhead, payee_id: int, place: int) -> None:
    """Finance contacts; without one, the licence managers."""
    row = lock_row(session, Payee, payee_id)
    assert row is not None
    people = people_with_roles(session, place, Role.FINANCE) or people_with_roles(session, place, Role.MANAGER)
    told = sa.select(MailMessage.to_address).where(
        MailMessage.about_kind == "payee",
        MailMessage.about_id == payee_id,
        MailMessage.template == "licences/payee_changed",
    )
    already = set(session.scalars(told))
    for one in people:
        if one.email not in already:
            _write(session, clock, letterhead, "payee_changed", one.email, one.name, row)


def _tell_staff(
    session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, row: Payee, action: str
) -> None:
    """Tells everybody on the programme team, and the trail."""
    team = licensor(session)
    for one in people_with_roles(session, team.id, Role.STAFF) if team else []:
        _write(session, clock, letterhead, "payee_staff", one.email, one.name, row, actor=actor.name, action=action)
    shown = _facts(row)
    record(session, clock, actor, action, Subject("payee", row.id, shown.legal_name), account=shown.account)


def _write(
    session: Session, clock: Clock, letterhead: mail.Letterhead, template: str, email: str, name: str, row: Payee,
    **more: str,
) -> None:  # fmt: skip
    mail.queue(
        session,
        clock,
        template=f"licences/{template}",
        to=mail.Address(email, name),
        context={"payee": _facts(row), **more},
        letterhead=letterhead,
        about=("payee", row.id),
    )


def _lock(session: Session) -> None:
    """The programme team's own row: of two who write at once, one waits."""
    team = licensor(session)
    if team is not None:
        lock_row(session, Organisation, team.id)


def _waiting(session: Session, payee_id: int) -> Payee:
    _lock(session)
    row = lock_row(session, Payee, payee_id)
    if row is None:
        raise NotThere
    if row.agreed_at is not None or row.dropped_at is not None:
        raise Refused("This change waits no more.")
    return row


def _details(facts: PayeeFacts) -> Details:
    return Details(
        facts.legal_name, facts.address, facts.vat_number, facts.account_name, facts.sort_code, facts.account_number
    )


def _facts(row: Payee) -> PayeeFacts:
    return PayeeFacts(
        row.legal_name, row.address, row.vat_number or "", row.account_name, row.sort_code, row.account_number,
        row.id, row.asked_by_id, row.asked_by, row.asked_at, row.agreed_by, row.agreed_at,
    )  # fmt: skip
