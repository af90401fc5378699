"""Accepting an invitation from its link: a password and the terms for somebody new, one press for who is known."""

from flask import Blueprint, flash, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.redirects import onward
from kit.web.transactions import db, roll_back
from licences import joining
from licences.guard import public, viewer_or_none
from licences.joining import Joined
from licences.people import accounts, invitation_links, legal, sessions
from licences.people.invitation_links import Closed, Door
from licences.people.kinds import LegalKind
from licences.people.legal import LegalVersion
from licences.people.viewer import Viewer
from licences.policy import Action, can
from licences.web import entering
from licences.web.new_password import new_password


class AcceptInvitationForm(forms.Form):
    """What is still to be known of the person; fields that are not needed are taken off."""

    name = forms.text(
        "Your full name", missing="Write your name", hint="As it should stand on copies.", max_length=120,
        autocomplete="name",
    )  # fmt: skip
    password = new_password("Choose a password")
    accept = forms.tick("I have read the terms of use and accept them", missing="Tick the box to accept the terms")


def blueprint() -> Blueprint:
    """The page behind the link."""
    made = Blueprint("invitations", __name__, template_folder="../templates")
    made.get("/invitation/<secret>")(invitation)
    made.post("/invitation/<secret>")(invitation_post)
    return made


@public
def invitation(secret: str) -> str | tuple[str, int]:
    """Who invites whom to what. Looking spends nothing: mail scanners open links."""
    door = invitation_links.behind(db(), house().clock, secret)
    return _closed(secret) if door is None else _page(_form(door), door)


@public
def invitation_post(secret: str) -> Response | tuple[str, int]:
    """Hashes outside any transaction, then spends the link and gives the place in one."""
    door = invitation_links.behind(db(), house().clock, secret)
    if door is None:
        return _closed(secret)  # before hashing, which costs time on purpose
    form = _form(door)
    if not form.validate():
        return _page(form, door), 400
    roll_back()
    try:
        hashed = accounts.hash_password(form.password.data) if "password" in form else None
        joined, session_secret = house().database.run(lambda writing: _join(writing, secret, form, hashed))
    except Refused as refusal:
        if refusal.field not in form:
            return _closed(secret)
        form.refuse(refusal)
        return _page(form, door), 409
    return _go_on(joined, session_secret)


def _join(writing: Session, secret: str, form: AcceptInvitationForm, hashed: str | None) -> tuple[Joined, str]:
    """Accepts, and opens a session for a new account; a session that is open already moves to the new place."""
    clock, who = house().clock, _in_person()
    joined = joining.accept(
        writing,
        clock,
        secret,
        name=form.name.data if "name" in form else "",
        password_hash=hashed,
        terms_version=request.form.get("version", 0, type=int) if "accept" in form else None,
    )
    place = joined.member.membership_id
    if who is not None and who.person_id == joined.member.id:
        sessions.move_to(writing, clock, who, place)
    if not joined.may_enter:
        return joined, ""
    return joined, sessions.begin(writing, clock, place, entering.browser_words(), how="invitation")


def _go_on(joined: Joined, session_secret: str) -> Response:
    """Home for who is signed in now, else to the door."""
    who: Viewer | None = entering.enter(session_secret) if session_secret else _in_person()
    told = f"You belong to {joined.member.organisation_name} now."
    if who is None or who.person_id != joined.member.id:
        flash(f"{told} Sign in with {joined.member.email}, as you always do.", "moss")
        return onward(None, elsewhere("sign in"))
    if joined.seat_missing:
        told = f"{told} No seat is free just now; your licence manager sees that."
    flash(told, "moss")
    return onward(None, elsewhere("home"))


def _in_person() -> Viewer | None:
    """Who sits at the browser; nobody when staff act for somebody: joining is that person's own."""
    who = viewer_or_none()
    return who if who is None or who.acted_by is None else None


def _form(door: Door) -> AcceptInvitationForm:
    form = AcceptInvitationForm()
    if door.invitation.name or door.person_id:
        del form.name
    if door.signs_in:
        del form.password
    if _terms_to_accept(door) is None:
        del form.accept
    return form


def _terms_to_accept(door: Door) -> LegalVersion | None:
    """The terms of use, for who will take copies and has not accepted them yet."""
    if not can(door.invitation.role, Action.ACCEPT_TERMS):
        return None
    text = legal.current(db(), LegalKind.TERMS_OF_USE)
    if text is None or (door.person_id and legal.has_accepted(db(), door.person_id, text.id)):
        return None
    return text


def _page(form: AcceptInvitationForm, door: Door) -> str:
    who = _in_person()
    return render_template(
        "licences/invitation.html",
        form=form,
        invitation=door.invitation,
        person=door,
        text=_terms_to_accept(door),
        somebody_else=who if who and who.person_id != door.person_id else None,
    )


def _closed(secret: str) -> tuple[str, int]:
    why, place = invitation_links.why_closed(db(), secret)
    return render_template("licences/invitation_closed.html", why=why.value, kinds=Closed, organisation=place), 410
