"""The legal pages, from text that staff edit."""

from collections.abc import Callable

from flask import Blueprint, render_template
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from kit.web.transactions import db
from licences.guard import public
from licences.people import legal
from licences.people.kinds import LegalKind

_PAGES = tuple(LegalKind)


class _OurMarkdown(MarkdownIt):
    """Markdown without what would act, load from outside, or hide where it leads."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
        """`//elsewhere.example` looks like a page of ours and is somebody else's: such a link stays text."""
        return super().validateLink(url) and not url.startswith("//")


# Raw HTML stays text: the words are staff's, but a slip must not become script.
# Pictures would come from outside, which the policy of the pages forbids.
_markdown = _OurMarkdown("commonmark", {"html": False}).enable("table").disable("image")


def blueprint() -> Blueprint:
    """One address for each text."""
    made = Blueprint("legal", __name__)
    for kind in _PAGES:
        made.add_url_rule(f"/{kind.value}", kind.name.lower(), _view(kind), methods=["GET"])
    return made


def as_html(body: str) -> Markup:
    """The text of a legal page as HTML in the house's classes."""
    tokens = _markdown.parse(body)
    _draw_tables_like_ours(tokens)
    plain = str(_markdown.renderer.render(tokens, _markdown.options, {}))
    for tag, look in (("h2", "heading-m"), ("h3", "heading-s"), ("p", "body")):
        plain = plain.replace(f"<{tag}>", f'<{tag} class="govuk-{look}">')
    plain = plain.replace("<ul>", '<ul class="govuk-list govuk-list--bullet">')
    plain = plain.replace("<ol>", '<ol class="govuk-list govuk-list--number">')
    return Markup(plain.replace("<a ", '<a class="govuk-link" '))  # noqa: S704 - markdown-it escaped it


def _draw_tables_like_ours(tokens: list[Token]) -> None:
    """Gives tables the markup of components/tables.html: on a phone each cell stands after its column's name.

    The first cell of a row says what the row is about, so it becomes the row's head.
    """
    heads: list[str] = []
    column = 0
    for token, words, close in zip(tokens, tokens[1:], tokens[2:], strict=False):
        token.attrs.update(_TABLE_PARTS.get(token.type, {}))
        if token.type == "table_open":
            heads = []
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            heads.append(words.content)
        elif token.type == "td_open":
            if column == 0:
                token.tag = close.tag = "th"
                token.attrs.update(_ROW_HEAD)
            else:
                token.attrs["data-h"] = heads[column]
                words.children = [_SPAN, *(words.children or []), _SPAN_END]
            column += 1


_ROW_HEAD: dict[str, str | int | float] = {"role": "rowheader", "scope": "row", "class": "govuk-table__header"}
_SPAN = Token("html_inline", "", 0, content='<span class="sb-cell">')
_SPAN_END = Token("html_inline", "", 0, content="</span>")
_TABLE_PARTS: dict[str, dict[str, str | int | float]] = {
    "table_open": {"role": "table", "class": "govuk-table sb-table"},
    "thead_open": {"role": "rowgroup", "class": "govuk-table__head"},
    "tbody_open": {"role": "rowgroup", "class": "govuk-table__body"},
    "tr_open": {"role": "row", "class": "govuk-table__row"},
    "th_open": {"role": "columnheader", "scope": "col", "class": "govuk-table__header"},
    "td_open": {"role": "cell", "class": "govuk-table__cell"},
}


def _view(kind: LegalKind) -> Callable[[], str]:
    @public
    def page() -> str:
        text = legal.current(db(), kind)
        return render_template("portal/legal.html", text=text, html=as_html(text.body) if text else "", kind=kind)

    return page
