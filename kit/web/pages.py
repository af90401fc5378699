"""What templates can say: British dates, sizes and counts, addresses of static files, and lists read page by page.

`init_app` puts the folders of templates, the filters and the globals on a Flask app; nothing else here knows of one
except `page_of`, which builds links for the request at hand.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import Flask, request, url_for
from jinja2 import BaseLoader, ChoiceLoader, PackageLoader, PrefixLoader
from markupsafe import Markup

from kit.clock import in_words, london
from kit.money import pounds

Row = TypeVar("Row")


def init_app(app: Flask) -> None:
    """Let `app` find our templates and GOV.UK's macros, and give every template our filters and `asset_url`.

    The app's own templates come first, so a programme team can lay its own file over one of ours.
    """
    own: list[BaseLoader] = [app.jinja_loader] if app.jinja_loader else []
    govuk = {name: PackageLoader(name) for name in ("govuk_frontend_jinja", "govuk_frontend_wtf")}
    app.jinja_loader = ChoiceLoader([*own, PackageLoader("kit.web"), PrefixLoader(govuk)])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        day=day, long_day=long_day, moment=moment, clock_time=clock_time, greeting=greeting,
        file_size=file_size, plural=plural, pounds=pounds, nowrap=nowrap, page_range=page_range,
    )  # fmt: skip
    app.jinja_env.globals.update(
        asked_url=asked_url, asset_url=Assets(Path(app.static_folder or "")).url, plural=plural
    )


# Dates and times


def in_london(value: datetime) -> datetime:
    """Return the same instant on the clock people see. A time without a zone is a mistake, so it is refused."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone: take times from kit.clock")
    return london(value)


def as_day(value: date | datetime) -> date:
    """Return the calendar day in London on which `value` falls."""
    return in_london(value).date() if isinstance(value, datetime) else value


def day(value: date | datetime) -> str:
    """Return a day as “5 May 2026”."""
    return in_words(as_day(value))


def long_day(value: date | datetime) -> str:
    """Return a day as “Tuesday 12 May 2026”."""
    return f"{as_day(value):%A} {in_words(as_day(value))}"


def moment(value: datetime) -> str:
    """Return an instant as “5 May 2026, 14:02”, London time."""
    return f"{in_words(as_day(value))}, {clock_time(value)}"


def greeting(value: datetime) -> str:
    """Return how one greets at that time of day in London: “Good morning”, “Good afternoon”, “Good evening”."""
    hour = in_london(value).hour
    if hour < 12:
        return "Good morning"
    return "Good afternoon" if hour < 18 else "Good evening"


def clock_time(value: datetime) -> str:
    """Return the time of day of an instant as “14:02”, London time."""
    return f"{in_london(value):%H:%M}"


# Sizes, counts, ranges


def file_size(count: int) -> str:
    """Return a number of bytes as people read it: “38 MB”, “1.4 MB”, “512 bytes” (a KB is 1,000 bytes)."""
    if count < 1000:
        return plural(count, "byte")
    size = float(count)
    for unit in ("KB", "MB", "GB", "TB"):
        size /= 1000
        # 999.5 would be written “1000”, so it belongs to the next unit.
        if size < 999.5 or unit == "TB":
            break
    return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return “1 seat” or “3 seats”; `many` is needed only where an s does not do."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def nowrap(text: object) -> Markup:
    """Return the text so that it stays on one line."""
    return Markup('<span class="sb-nowrap">{}</span>').format(text)


def page_range(first: int, last: int | None = None) -> Markup:
    """Return “page 78” or “pages 41–44”, unbroken."""
    return nowrap(f"page {first}" if last in (None, first) else f"pages {first}–{last}")


# Static files


class Assets:
    """Addresses of static files that change when the file does, so that browsers may keep a file for a year."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions: dict[str, str] = {}

    def url(self, name: str) -> str:
        """Return the address of one file below the static folder, its content's digest in the query."""
        if name not in self._versions:
            content = (self._folder / name).read_bytes()
            self._versions[name] = hashlib.sha256(content).hexdigest()[:10]
        return url_for("static", filename=name, v=self._versions[name])


# Lists, page by page


@dataclass(frozen=True)
class Place:
    """Where in a list, newest first, a reader is: at its beginning, or strictly older or newer than one row's key.

    Keys, not page numbers: rows added meanwhile neither repeat nor hide others, and page 400 costs what page 1 does.
    """

    older_than: str = ""
    newer_than: str = ""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list, newest first, and the addresses of its neighbours (none where there is no neighbour)."""

    items: Sequence[Row]
    newer_url: str | None = None
    older_url: str | None = None


KEY = re.compile(r"[A-Za-z0-9_.:+-]{1,80}")


def place_of(arguments: Mapping[str, str]) -> Place:
    """Read the place from a query string; what does not look like a key means the beginning, never an error."""
    given = {name: arguments.get(name, "") for name in ("older_than", "newer_than")}
    if KEY.fullmatch(given["older_than"]):
        return Place(older_than=given["older_than"])
    if KEY.fullmatch(given["newer_than"]):
        return Place(newer_than=given["newer_than"])
    return Place()


def page_of(rows: Sequence[Row], place: Place, size: int, key: Callable[[Row], str]) -> Page[Row]:
    """Cut the rows a service fetched for `place` into a page with links to its neighbours.

    The service fetches up to `size + 1` rows leading away from the place: newest first, except for `newer_than`,
    where it must order oldest first. The row too many tells that the list goes on; it is not shown.
    """
    more = len(rows) > size
    shown = list(rows[:size])
    if place.newer_than:
        shown.reverse()
    goes_newer = bool(place.older_than) or (bool(place.newer_than) and more)
    goes_older = bool(place.newer_than) or more
    return Page(
        shown,
        newer_url=neighbour(newer_than=key(shown[0])) if shown and goes_newer else None,
        older_url=neighbour(older_than=key(shown[-1])) if shown and goes_older else None,
    )


def neighbour(**place: str) -> str:
    """Return this request's address at another place, its search and filters kept."""
    return asked_url(request.endpoint or "", **place)


def asked_url(endpoint: str, **place: str) -> str:
    """Return the address of `endpoint` with this request's search and filters, at its beginning or at a `place`.

    The query is put behind the address here: `url_for` would take names such as `_scheme`, which anybody can write
    into an address, for its own.
    """
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("older_than", "newer_than")]
    query = urlencode([*kept, *place.items()])
    own = request.view_args or {} if endpoint == request.endpoint else {}
    return url_for(endpoint, **own) + (f"?{query}" if query else "")
