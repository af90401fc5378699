"""The legal pages, from text that staff edit."""

from collections.abc import Callable

from flask import Blueprint, render_template
from markdown_it import MarkdownIt
from markupsafe import Markup

from kit.web.transactions import db
from licences.guard import public
from licences.people import legal
from licences.people.kinds import LegalKind

_PAGES = (LegalKind.ACCESSIBILITY, LegalKind.PRIVACY, LegalKind.COOKIES, LegalKind.TERMS, LegalKind.TERMS_OF_USE)
# Raw HTML stays text: the words are staff's, but a slip must not become script.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def blueprint() -> Blueprint:
    """One address for each text."""
    made = Blueprint("legal", __name__)
    for kind in _PAGES:
        made.add_url_rule(f"/{kind.value}", kind.name.lower(), _view(kind), methods=["GET"])
    return made


def as_html(body: str) -> Markup:
    """The text of a legal page as HTML in the house's classes."""
    plain = _markdown.render(body)
    for tag, look in (("h2", "heading-m"), ("h3", "heading-s"), ("p", "body"), ("table", "table")):
        plain = plain.replace(f"<{tag}>", f'<{tag} class="govuk-{look}">')
    plain = plain.replace("<ul>", '<ul class="govuk-list govuk-list--bullet">')
    plain = plain.replace("<ol>", '<ol class="govuk-list govuk-list--number">')
    return Markup(plain.replace("<a ", '<a class="govuk-link" '))  # noqa: S704 - markdown-it escaped it


def _view(kind: LegalKind) -> Callable[[], str]:
    @public
    def page() -> str:
        text = legal.current(db(), kind)
        return render_template("portal/legal.html", text=text, html=as_html(text.body) if text else "", kind=kind)

    return page
