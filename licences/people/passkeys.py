"""Passkeys (WebAuthn): a key pair whose private half never leaves the person's device, and which fits us alone.

The challenge is sealed, not kept: it names whom and what it is for, is good for ten minutes, and is noted when it was
used, so that an answer works once. Looking at a page therefore writes nothing.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kit.audit import Actor
from kit.clock import Clock
from kit.ids import fingerprint, new_token
from kit.mail import Letterhead
from kit.ports import Links
from kit.refusals import Refused
from kit.sealing import Sealer
from licences.people import authenticators, limits, sessions
from licences.people.kinds import AuthenticatorKind
from licences.people.models import Authenticator, Person

CHALLENGE = "passkey challenge"
CHALLENGE_LIFE = timedelta(minutes=10)
ONCE = limits.Limit("passkey challenge", 1, limits.LONGEST_WINDOW)
NOT_RIGHT = "The passkey was not accepted. Try again, or use another way."
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)  # base64url, as we keep it
ANYBODY = 0  # in a challenge of the door, where nobody is known yet


@dataclass(frozen=True)
class Party:
    """We, as a browser knows us: a passkey belongs to `host` and is only shown on `origin`."""

    host: str
    origin: str
    name: str


def party(links: Links, brand_name: str) -> Party:
    """Who we are, from the portal's public address."""
    parts = urlsplit(links.to("/"))
    return Party(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", brand_name)


def options_to_add(session: Session, sealer: Sealer, us: Party, person_id: int, email: str, name: str) -> str:
    """What the browser needs to make a passkey, in JSON."""
    made = webauthn.generate_registration_options(
        rp_id=us.host,
        rp_name=us.name,
        user_id=sealer.derived(f"passkey user {person_id}"),  # says nothing, and is the same for all of theirs
        user_name=email,
        user_display_name=name,
        challenge=_challenge(sealer, "add", person_id),
        exclude_credentials=_known(session, person_id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return webauthn.options_to_json(made)


def options_to_show(session: Session, sealer: Sealer, us: Party, person_id: int = ANYBODY) -> str:
    """What the browser needs to show a passkey, in JSON: one of the person's, or at the door any that it has for us."""
    is_first = person_id == ANYBODY
    made = webauthn.generate_authentication_options(
        rp_id=us.host,
        challenge=_challenge(sealer, "show", person_id),
        allow_credentials=None if is_first else _known(session, person_id),
        user_verification=UserVerificationRequirement.REQUIRED if is_first else UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(made)


def add(
    session: Session,
    clock: Clock,
    letterhead: Letterhead,
    sealer: Sealer,
    us: Party,
    actor: Actor,
    *,
    answer: str,
    name: str,
) -> None:
    """Keeps a passkey that the browser has just made. Raises `Refused` when the answer is not right."""
    given = _parsed(answer)
    challenge = _use_challenge(session, clock, sealer, given, "add", actor.person_id or 0)
    try:
        made = webauthn.verify_registration_response(
            credential=given, expected_challenge=challenge, expected_rp_id=us.host, expected_origin=us.origin
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Refused(NOT_RIGHT) from error
    credential = bytes_to_base64url(made.credential_id)
    if session.scalar(sa.select(Authenticator.id).where(Authenticator.credential == credential)) is not None:
        raise Refused("This passkey is here already.")
    row = Authenticator(
        person_id=actor.person_id or 0,
        kind=AuthenticatorKind.PASSKEY,
        name=name,
        secret=bytes_to_base64url(made.credential_public_key),
        credential=credential,
        sign_count=made.sign_count,
    )
    authenticators.keep(session, clock, letterhead, actor, row)


def shown_by(session: Session, clock: Clock, sealer: Sealer, us: Party, answer: str, person_id: int = ANYBODY) -> int:
    """Whose passkey was shown. At the door the device must have made sure of the person itself, by a PIN or a finger.

    Raises `Refused` when the answer is not right, comes too late or a second time, or the passkey is somebody else's.
    """
    given = _parsed(answer)
    challenge = _use_challenge(session, clock, sealer, given, "show", person_id)
    credential = str(given.get("id", ""))
    if not _CREDENTIAL.fullmatch(credential):  # JSON may hold what no database takes: NUL, half a surrogate pair
        raise Refused(NOT_RIGHT)
    row = session.scalar(sa.select(Authenticator).where(Authenticator.credential == credential))
    if row is None or (person_id != ANYBODY and row.person_id != person_id):
        raise Refused(NOT_RIGHT)
    try:
        shown = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=us.host,
            expected_origin=us.origin,
            credential_public_key=base64url_to_bytes(row.secret),
            credential_current_sign_count=row.sign_count,
            require_user_verification=person_id == ANYBODY,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Refused(NOT_RIGHT) from error
    row.sign_count, row.used_at = shown.new_sign_count, clock.now()
    session.flush()
    return row.person_id


def place_behind(session: Session, person_id: int, *, demo_too: bool) -> int:
    """The place that a passkey's owner comes into. Raises `Refused` when they have none, or are of the demo only."""
    known = sa.select(sessions.place_to_enter(Person.id.expression)).where(Person.id == person_id)
    place = session.scalar(known if demo_too else known.where(Person.is_demo.is_(False)))
    if place is None:
        raise Refused(NOT_RIGHT)
    return place


def _challenge(sealer: Sealer, kind: str, person_id: int) -> bytes:
    return sealer.seal(CHALLENGE, f"{kind}:{person_id}:{new_token()}").encode()


def _use_challenge(
    session: Session, clock: Clock, sealer: Sealer, given: dict[str, Any], kind: str, person_id: int
) -> bytes:
    """The challenge that was answered, if it is ours, for this person and purpose, fresh and not used before."""
    try:
        said = json.loads(base64url_to_bytes(given["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(said["challenge"])
        sealed = challenge.decode("ascii")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(NOT_RIGHT) from error
    opened = sealer.unseal(CHALLENGE, sealed, CHALLENGE_LIFE) or ""
    if not opened.startswith(f"{kind}:{person_id}:") or limits.is_over(session, clock, ONCE, fingerprint(sealed)):
        raise Refused(NOT_RIGHT)
    limits.count(session, clock, ONCE, fingerprint(sealed))
    return challenge


def _parsed(answer: str) -> dict[str, Any]:
    try:
        given = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise Refused(NOT_RIGHT) from error
    if not isinstance(given, dict):
        raise Refused(NOT_RIGHT)
    return given


def _known(session: Session, person_id: int) -> list[PublicKeyCredentialDescriptor]:
    known = sa.select(Authenticator.credential).where(
        Authenticator.person_id == person_id, Authenticator.credential.is_not(None)
    )
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one or "")) for one in session.scalars(known)]
