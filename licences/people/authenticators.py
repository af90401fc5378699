"""The second step of signing in: an authenticator app, a passkey (`passkeys`), and recovery codes when both are gone.

An app's secret is sealed with a key derived from the portal's own, since we must know it to check a code. A code works
once: the newest 30-second step of which one was used is kept, and only later ones count. Recovery codes have 130 bits;
only their fingerprints are kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.ids import fingerprint, new_code, typed_code
from kit.mail import Letterhead
from kit.refusals import NotThere, Refused
from kit.sealing import Sealer
from licences.people import limits, notices, sessions
from licences.people.kinds import AuthenticatorKind
from licences.people.models import Authenticator, Person, RecoveryCode

STEP_SECONDS = 30  # RFC 6238, and what every app does
DRIFT_STEPS = 1  # a telephone's clock may be half a minute off
RECOVERY_CODES = 10
MOST_PROOFS = 10
SET_UP_LIFE = timedelta(hours=1)
APP_SECRET, APP_SET_UP = "authenticator app", "setting up an authenticator app"
CODES_BY_PERSON = limits.Limit("second step", 10, timedelta(minutes=15))
TOO_OFTEN = "Too many wrong codes. Wait 15 minutes, or use a recovery code."
WRONG_CODE = "This code is not right, or it was used already. Wait for the next one, and write its six figures."


@dataclass(frozen=True)
class Proof:
    """Something that a person proves themselves with beside the password."""

    id: int
    kind: AuthenticatorKind
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class AppToSetUp:
    """A new app's secret: to be typed or photographed, and sealed so that the form can bring it back."""

    secret: str
    address: str
    sealed: str


def proofs_of(session: Session, person_id: int) -> list[Proof]:
    """A person's apps and passkeys, oldest first."""
    rows = session.scalars(
        sa.select(Authenticator).where(Authenticator.person_id == person_id).order_by(Authenticator.id)
    )
    return [Proof(row.id, row.kind, row.name, row.added_at, row.used_at) for row in rows]


def codes_left(session: Session, person_id: int) -> int:
    """How many recovery codes a person has not used."""
    unused = sa.select(sa.func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def app_to_set_up(sealer: Sealer, person_id: int, email: str, issuer: str) -> AppToSetUp:
    """A fresh secret for a person's app. Nothing is kept before they have shown a code of it."""
    secret = pyotp.random_base32()
    return _app(sealer, person_id, secret, email, issuer)


def same_app(sealer: Sealer, person_id: int, sealed: str, email: str, issuer: str) -> AppToSetUp | None:
    """The app that a form brought back; None when the form is too old or somebody else's."""
    secret = _unsealed(sealer, person_id, sealed)
    return None if secret is None else _app(sealer, person_id, secret, email, issuer)


def add_app(
    session: Session,
    clock: Clock,
    letterhead: Letterhead,
    sealer: Sealer,
    actor: Actor,
    *,
    sealed: str,
    name: str,
    code: str,
) -> None:
    """Adds an authenticator app whose first code was shown.

    Raises `Refused` for a wrong code, a form that is too old, or when there are too many.
    """
    person_id = actor.person_id or 0
    secret = _unsealed(sealer, person_id, sealed)
    if secret is None:
        raise Refused("This page was open for too long. Scan the new picture.", "code")
    step = _step_of(secret, clock, code)
    if step is None:
        raise Refused(WRONG_CODE, "code")
    kept = sealer.seal(APP_SECRET, f"{person_id}:{secret}")
    row = Authenticator(person_id=person_id, kind=AuthenticatorKind.APP, name=name, secret=kept, last_step=step)
    keep(session, clock, letterhead, actor, row)


def keep(session: Session, clock: Clock, letterhead: Letterhead, actor: Actor, row: Authenticator) -> None:
    """Adds an app or a passkey that was checked; its owner is told. Raises `Refused` when there are too many."""
    known = sa.select(sa.func.count()).where(Authenticator.person_id == row.person_id)
    if (session.scalar(known) or 0) >= MOST_PROOFS:
        raise Refused(f"You have {MOST_PROOFS} already. Remove one first.")
    row.added_at, row.sign_count = clock.now(), row.sign_count or 0
    session.add(row)
    session.flush()
    record(session, clock, actor, "second step added", _subject(actor), kind=row.kind.value, name=row.name)
    _tell(session, clock, letterhead, row.person_id, f"the {row.kind.value} “{row.name}” was added")


def shows_code(session: Session, clock: Clock, sealer: Sealer, person_id: int, code: str, counted_as: str) -> bool:
    """Whether a code is one of the person's apps' just now; it is used up then. A wrong one is counted.

    Raises `Refused` when too many were wrong under `counted_as`: a browser that the person has used before counts by
    itself, so that nobody who knows their password can keep them out.
    """
    if limits.is_over(session, clock, CODES_BY_PERSON, counted_as):
        raise Refused(TOO_OFTEN, "code")
    apps = sa.select(Authenticator).where(
        Authenticator.person_id == person_id, Authenticator.kind == AuthenticatorKind.APP
    )
    if any(_uses(session, clock, sealer, row, code) for row in session.scalars(apps)):
        limits.forget(session, CODES_BY_PERSON, counted_as)
        return True
    limits.count(session, clock, CODES_BY_PERSON, counted_as)
    return False


def use_recovery_code(session: Session, clock: Clock, actor: Actor, typed: str) -> bool:
    """Whether this is one of the person's unused recovery codes; it is used up then."""
    used = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.fingerprint == fingerprint(typed_code(typed)),
            RecoveryCode.person_id == actor.person_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.fingerprint)
    ).first()
    if used is None:
        return False
    left = codes_left(session, actor.person_id or 0)
    record(session, clock, actor, "recovery code used", _subject(actor), left=left)
    return True


def new_recovery_codes(session: Session, clock: Clock, letterhead: Letterhead, actor: Actor) -> list[str]:
    """Ten new codes, to be shown once; the ones before stop working, and if there were any their owner is told."""
    person_id = actor.person_id or 0
    before = sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id).returning(RecoveryCode.fingerprint)
    if session.execute(before).all():
        _tell(session, clock, letterhead, person_id, "new recovery codes were made, and the old ones ended")
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(fingerprint=fingerprint(code), person_id=person_id) for code in codes)
    session.flush()
    record(session, clock, actor, "recovery codes made", _subject(actor), count=len(codes))
    return [in_groups(code) for code in codes]


def remove(session: Session, clock: Clock, letterhead: Letterhead, actor: Actor, proof_id: int) -> str:
    """Removes one's own app or passkey, with the recovery codes if it was the last; returns its name.

    Its owner is told by mail. Raises `NotThere`.
    """
    person_id = actor.person_id or 0
    row = _dropped(session, clock, actor, person_id, proof_id)
    _tell(session, clock, letterhead, person_id, f"the {row.kind.value} “{row.name}” was removed")
    return row.name


def remove_lost(session: Session, clock: Clock, letterhead: Letterhead, actor: Actor, person_id: int) -> None:
    """Staff remove every app and passkey of somebody who has lost theirs, who is signed out everywhere and told so."""
    remove_all(session, clock, actor, person_id)
    sessions.end_all_of(session, clock, person_id)
    happened = f"{actor.name} of the programme team removed every app and passkey, and signed you out everywhere"
    _tell(session, clock, letterhead, person_id, happened)


def remove_all(session: Session, clock: Clock, actor: Actor, person_id: int, *, since: datetime | None = None) -> None:
    """Removes every app and passkey, or those added since a moment. To tell the owner is left to who calls it."""
    for one in proofs_of(session, person_id):
        if since is None or one.added_at >= since:
            _dropped(session, clock, actor, person_id, one.id)


def in_groups(code: str) -> str:
    """A code as it is written on paper: groups of five, the last of six."""
    groups = [code[start : start + 5] for start in range(0, len(code) - 6, 5)]
    return "-".join([*groups, code[-6:]])


def _app(sealer: Sealer, person_id: int, secret: str, email: str, issuer: str) -> AppToSetUp:
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)
    return AppToSetUp(secret, address, sealer.seal(APP_SET_UP, f"{person_id}:{secret}"))


def _unsealed(sealer: Sealer, person_id: int, sealed: str) -> str | None:
    owner, _, secret = (sealer.unseal(APP_SET_UP, sealed, SET_UP_LIFE) or "").partition(":")
    return secret if owner == str(person_id) else None


def _step_of(secret: str, clock: Clock, typed: str) -> int | None:
    """The 30-second step, of those around now, to which a code belongs."""
    code = "".join(letter for letter in typed if not letter.isspace())
    now = int(clock.now().timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code):
            return step
    return None


def _uses(session: Session, clock: Clock, sealer: Sealer, row: Authenticator, code: str) -> bool:
    """One conditional UPDATE: of two who show the same code at once only one succeeds."""
    owner, _, secret = (sealer.unseal(APP_SECRET, row.secret) or "").partition(":")
    step = _step_of(secret, clock, code) if owner == str(row.person_id) else None
    if step is None:
        return False
    later = sa.or_(Authenticator.last_step.is_(None), Authenticator.last_step < step)
    used = sa.update(Authenticator).where(Authenticator.id == row.id, later)
    return (
        session.execute(used.values(last_step=step, used_at=clock.now()).returning(Authenticator.id)).first()
        is not None
    )


def _dropped(session: Session, clock: Clock, actor: Actor, person_id: int, proof_id: int) -> Authenticator:
    row = session.get(Authenticator, proof_id, with_for_update=True)
    person = session.get(Person, person_id)
    if row is None or person is None or row.person_id != person_id:
        raise NotThere
    session.delete(row)
    session.flush()
    if session.scalar(sa.select(Authenticator.id).where(Authenticator.person_id == person_id).limit(1)) is None:
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    subject = Subject("person", person_id, person.name, actor.organisation_id)
    record(session, clock, actor, "second step removed", subject, kind=row.kind.value, name=row.name)
    return row


def _tell(session: Session, clock: Clock, letterhead: Letterhead, person_id: int, happened: str) -> None:
    notices.tell(session, clock, letterhead, person_id, notices.Part.SECOND_STEP, happened=happened)


def _subject(actor: Actor) -> Subject:
    return Subject("person", actor.person_id, actor.name, actor.organisation_id)
