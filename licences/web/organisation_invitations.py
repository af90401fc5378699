"""What a licence manager does with invitations: invites one or many, sends again, corrects, withdraws."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import joining, terms
from licences.guard import allowed, viewer
from licences.people import invitations
from licences.people.invitations import Guest
from licences.people.kinds import Role
from licences.policy import Action
from licences.terms import LicenceFacts
from licences.web import guest_lists
from licences.web.guest_lists import MOST_GUESTS, GuestList
from licences.web.organisation_people import ROLE_CHOICES, ROLE_ITEMS

NO_SEAT = "none"
MOST_LETTERS = 40_000  # 200 people with long names


class InviteForm(forms.Form):
    """One person to invite."""

    name = forms.text(
        "Full name", missing="Write the person’s name", hint="As it should stand on copies.", max_length=120
    )
    email = forms.email(hint="Their own address at work.", autocomplete="off")
    role = forms.choice("Role", ROLE_CHOICES, missing="Choose a role")
    seat = forms.choice("Seat", missing="Choose whether they get a seat")


class InviteSeveralForm(forms.Form):
    """Many people to invite, in one role."""

    people = forms.long_text(
        "People",
        hint="One to a line: “Ann Lee, ann@school.example”, or just the address. Pasting from a mail works too.",
        max_length=MOST_LETTERS,
        rows=8,
    )
    file = forms.file(
        "Or choose a CSV file",
        hint=f"With the columns “Name” and “E-mail address”, at most {MOST_GUESTS} rows.",
        endings=("csv", "txt"),
    )
    role = forms.choice("Role", ROLE_CHOICES, missing="Choose a role")
    seat = forms.choice("Seat", missing="Choose whether they get a seat")


class CorrectForm(forms.Form):
    """Whom an invitation is for."""

    name = forms.text("Full name", hint="They may write it themselves when they accept.", max_length=120)
    email = forms.email(autocomplete="off")


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    made.get("/invite")(invite)
    made.post("/invite")(invite_post)
    made.get("/invite/several")(invite_several)
    made.post("/invite/several")(invite_several_post)
    made.get("/invitations/<int:invitation_id>")(one_invitation)
    made.post("/invitations/<int:invitation_id>")(correct_post)
    made.post("/invitations/<int:invitation_id>/send-again")(send_again_post)
    made.post("/invitations/<int:invitation_id>/withdraw")(withdraw_post)


@allowed(Action.MANAGE_PEOPLE)
def invite() -> str:
    """The form for one person."""
    return _invite_page(_offering_seats(InviteForm()))


@allowed(Action.MANAGE_PEOPLE)
@writes
def invite_post() -> Response | tuple[str, int]:
    """Invites one person."""
    form = _offering_seats(InviteForm())
    if not form.validate():
        return _invite_page(form), 400
    guest = Guest(form.name.data, form.email.data.lower())
    try:
        _send([guest], form)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _invite_page(form), 409
    flash(f"An invitation to {guest.email} is on its way.", "moss")
    return redirect(url_for(".organisation"), code=303)


@allowed(Action.MANAGE_PEOPLE)
def invite_several() -> str:
    """The form for many people."""
    return _several_page(_offering_seats(InviteSeveralForm()))


@allowed(Action.MANAGE_PEOPLE)
@writes
def invite_several_post() -> Response | str | tuple[str, int]:
    """Reads the list, shows whom it would invite, and invites them once that was seen: all of them or nobody."""
    form = _offering_seats(InviteSeveralForm())
    if request.form.get("press") == "change":
        return _several_page(form)
    read = _read(form) if form.validate() else None
    if read is None or read.faults:
        return _several_page(form, read), 400
    form.people.data = read.as_lines()
    if request.form.get("press") != "send":
        return _preview_page(form, read)
    try:
        _send(read.guests, form)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal.message)
        return _several_page(form), 409
    many = len(read.guests) > 1
    told = f"{len(read.guests)} invitations are on their way." if many else "One invitation is on its way."
    flash(told, "moss")
    return redirect(url_for(".organisation") + "#invited", code=303)


@allowed(Action.MANAGE_PEOPLE)
def one_invitation(invitation_id: int) -> str:
    """An open invitation: whether it arrived, and what can be done."""
    found = _invitation(invitation_id)
    return _one_page(CorrectForm(data={"name": found.name, "email": found.email}), found)


@allowed(Action.MANAGE_PEOPLE)
@writes
def correct_post(invitation_id: int) -> Response | tuple[str, int]:
    """Corrects the name or the address; a new address gets a mail of its own."""
    found = _invitation(invitation_id)
    form = CorrectForm()
    if not form.validate():
        return _one_page(form, found), 400
    actor, letterhead = viewer().actor, house().letterhead
    try:
        now = invitations.correct(
            writing(), house().clock, actor, letterhead, viewer().organisation_id, invitation_id,
            name=form.name.data, email=form.email.data,
        )  # fmt: skip
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _one_page(form, found), 409
    moved = f"The invitation goes to {now.email} now. The link at {found.email} does not work any more."
    flash("The name is saved." if now.email == found.email else moved, "moss")
    return redirect(url_for(".organisation") + "#invited", code=303)


@allowed(Action.MANAGE_PEOPLE)
@writes
def send_again_post(invitation_id: int) -> Response:
    """Sends a new link; the one before stops working."""
    _invitation(invitation_id)
    actor, letterhead, place = viewer().actor, house().letterhead, viewer().organisation_id
    try:
        found = invitations.send_again(writing(), house().clock, actor, letterhead, place, invitation_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(url_for(".one_invitation", invitation_id=invitation_id), code=303)
    flash(f"A new link is on its way to {found.email}. Older ones do not work any more.", "moss")
    return redirect(url_for(".organisation") + "#invited", code=303)


@allowed(Action.MANAGE_PEOPLE)
@writes
def withdraw_post(invitation_id: int) -> Response:
    """Takes an invitation back."""
    _invitation(invitation_id)
    place = viewer().organisation_id
    found = invitations.withdraw(writing(), house().clock, viewer().actor, place, invitation_id)
    flash(f"The invitation to {found.email} is withdrawn. Its link does not work any more.", "moss")
    return redirect(url_for(".organisation"), code=303)


def _offering_seats(form: forms.Form) -> forms.Form:
    """Puts the seats of the organisation's licences on the form; without a licence there is nothing to choose."""
    licences = _licences()
    if licences:
        offers = [
            (str(one.id), f"A seat for {one.programme_name} when they accept ({one.seats_free} free)")
            for one in licences
        ]
        form.seat.choices = [*offers, (NO_SEAT, "No seat")]
    else:
        del form.seat
    return form


def _send(guests: Sequence[Guest], form: forms.Form) -> None:
    joining.invite(
        writing(),
        house().clock,
        viewer().actor,
        house().letterhead,
        viewer().organisation_id,
        guests,
        Role(form.role.data),
        _chosen_licence(form),
    )


def _chosen_licence(form: forms.Form) -> int | None:
    return int(form.seat.data) if "seat" in form and form.seat.data != NO_SEAT else None


def _read(form: InviteSeveralForm) -> GuestList | None:
    """The list on the form, or None when there is none or there are two; the form then says so."""
    upload = form.file.data
    if upload and form.people.data:
        form.refuse("Paste a list or choose a file, not both.", "people")
        return None
    data = upload.read(MOST_LETTERS * 4) if upload else b""
    read = guest_lists.read_file(data) if upload else guest_lists.read_lines(form.people.data)
    if not read.faults and not read.guests:
        form.refuse("Write or paste at least one e-mail address, or choose a file.", "people")
        return None
    taken = invitations.known_here(db(), viewer().organisation_id, [guest.email for guest in read.guests])
    faults = [
        f"Row {row}: {taken[guest.email]}"
        for row, guest in zip(read.rows, read.guests, strict=True)
        if guest.email in taken
    ]
    read = GuestList(read.guests, read.rows, (*read.faults, *faults))
    if read.faults:
        form.refuse(_counted(read, upload is not None), "file" if upload else "people")
    return read


def _counted(read: GuestList, is_file: bool) -> str:
    wrong = "1 row needs a look" if len(read.faults) == 1 else f"{len(read.faults)} rows need a look"
    again = " Mend the file and choose it again." if is_file else ""
    return f"Nobody was invited yet: {wrong}.{again}"


def _invite_page(form: forms.Form) -> str:
    return render_template("licences/organisation_invite.html", form=form, role_items=ROLE_ITEMS)


def _several_page(form: forms.Form, read: GuestList | None = None) -> str:
    faults = read.faults if read else ()
    return render_template("licences/organisation_invite_several.html", form=form, faults=faults, role_items=ROLE_ITEMS)


def _preview_page(form: forms.Form, read: GuestList) -> str:
    chosen = _chosen_licence(form)
    licence = next((one for one in _licences() if one.id == chosen), None)
    upload = form.file.data
    if upload:
        upload.stream.seek(0)
    waiting = invitations.open_invitations(db(), house().clock, viewer().organisation_id)
    return render_template(
        "licences/organisation_invite_preview.html",
        list=read,
        lines=form.people.data,
        role=Role(form.role.data),
        seat=form.seat.data if "seat" in form else "",
        licence=licence,
        kept=sum(1 for one in waiting if licence and one.licence_id == licence.id),
        older_alphabet=bool(upload) and guest_lists.is_older_alphabet(upload.read(MOST_LETTERS * 4)),
    )


def _one_page(form: CorrectForm, found: invitations.InvitationFacts) -> str:
    licence = next((one for one in _licences() if one.id == found.licence_id), None)
    return render_template("licences/organisation_invitation.html", form=form, invitation=found, licence=licence)


def _invitation(invitation_id: int) -> invitations.InvitationFacts:
    return invitations.open_invitation(db(), house().clock, viewer().organisation_id, invitation_id)


def _licences() -> list[LicenceFacts]:
    return terms.licences_of(db(), house().clock, viewer().organisation_id)
