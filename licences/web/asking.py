"""A page that asks for something and does it: the same for every form about money, for staff and for organisations."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.transactions import roll_back, writing

Answer = Response | tuple[str, int]


@dataclass(frozen=True)
class Asking:
    """The words around a form. `trail` leads to the page, `back` away from it with nothing done.

    `files`: whether the form takes any.
    """

    title: str
    about: str
    button: str
    trail: tuple[tuple[str, str], ...]
    back: str
    lead: str = ""
    warning: bool = False
    files: bool = False


def ask(form: forms.Form, asking: Asking) -> str:
    """The page."""
    return render_template("licences/asking.html", form=form, asking=asking)


def answer(form: forms.Form, asking: Asking, act: Callable[[Session], str], *, done: str) -> Answer:
    """Reads the form and acts on it; `act` returns the page to go to, where `done` is said.

    A form that is wrong comes back before anything is locked, and one that is refused with the reason at its field.
    """
    if not form.validate():
        return ask(form, asking), 400
    try:
        leads_to = act(writing())
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return ask(form, asking), 409
    flash(done, "moss")
    return redirect(leads_to, code=303)
