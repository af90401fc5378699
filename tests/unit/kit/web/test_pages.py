"""Dates, sizes and counts as British people read them, and lists read by keys."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from kit.web import pages
from kit.web.pages import Place


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (datetime(2026, 5, 5, 13, 2, tzinfo=UTC), "5 May 2026, 14:02"),
        (datetime(2026, 1, 5, 13, 2, tzinfo=UTC), "5 January 2026, 13:02"),
        (datetime(2026, 5, 5, 23, 30, tzinfo=UTC), "6 May 2026, 00:30"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "25 October 2026, 01:30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25 October 2026, 01:30"),
    ],
)
def test_moments_are_on_london_clocks(instant: datetime, shown: str) -> None:
    assert pages.moment(instant) == shown


def test_days() -> None:
    assert pages.day(date(2026, 5, 5)) == "5 May 2026"
    assert pages.day(datetime(2026, 5, 5, 23, 30, tzinfo=UTC)) == "6 May 2026"
    assert pages.long_day(date(2026, 5, 12)) == "Tuesday 12 May 2026"
    assert pages.day(date(2026, 9, 1)) == "1 September 2026"
    assert pages.clock_time(datetime(2026, 5, 5, 8, 5, tzinfo=UTC)) == "09:05"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        pages.moment(datetime(2026, 5, 5, 13, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 KB"), (38_400_000, "38 MB"),
        (1_440_000, "1.4 MB"), (9_960_000, "10 MB"), (999_499_999, "999 MB"), (999_600_000, "1.0 GB"),
        (5_000_000_000_000, "5.0 TB"),
    ],
)  # fmt: skip
def test_sizes(count: int, shown: str) -> None:
    assert pages.file_size(count) == shown


def test_counts_and_ranges() -> None:
    assert pages.plural(1, "seat") == "1 seat"
    assert pages.plural(0, "seat") == "0 seats"
    assert pages.plural(1200, "copy", "copies") == "1,200 copies"
    assert pages.page_range(41, 44) == '<span class="sb-nowrap">pages 41–44</span>'
    assert pages.page_range(78) == pages.page_range(78, 78) == '<span class="sb-nowrap">page 78</span>'
    assert pages.nowrap("<b>") == '<span class="sb-nowrap">&lt;b&gt;</span>'


def test_an_assets_address_changes_with_its_content(app: Flask) -> None:
    with app.test_request_context():
        assert app.jinja_env.globals["asset_url"]("theme.css").startswith("/static/theme.css?v=")  # type: ignore[operator]
        with pytest.raises(FileNotFoundError):
            app.jinja_env.globals["asset_url"]("themes.css")  # type: ignore[operator]


class TestPaging:
    """A list of ten rows, 10 the newest, read four at a time."""

    ROWS = tuple(range(10, 0, -1))

    def fetch(self, place: Place, limit: int) -> list[int]:
        """What a service does: up to `limit` rows that lead away from the place."""
        if place.newer_than:
            return [row for row in reversed(self.ROWS) if row > int(place.newer_than)][:limit]
        return [row for row in self.ROWS if not place.older_than or row < int(place.older_than)][:limit]

    def read(self, app: Flask, query: str) -> pages.Page[int]:
        if "list" not in app.view_functions:
            app.add_url_rule("/list/<kind>", "list", lambda kind: kind)
        with app.test_request_context(f"/list/copies?{query}") as context:
            place = pages.place_of(context.request.args)
            return pages.page_of(self.fetch(place, 5), place, 4, str)

    def test_to_the_end_and_back(self, app: Flask) -> None:
        first = self.read(app, "q=a&q=b")
        assert (first.items, first.newer_url) == ([10, 9, 8, 7], None)
        assert first.older_url == "/list/copies?q=a&q=b&older_than=7"
        second = self.read(app, "older_than=7")
        assert (second.items, second.newer_url) == ([6, 5, 4, 3], "/list/copies?newer_than=6")
        last = self.read(app, "older_than=3")
        assert (last.items, last.older_url) == ([2, 1], None)
        back = self.read(app, "newer_than=2")
        assert (back.items, back.newer_url, back.older_url) == (
            [6, 5, 4, 3], "/list/copies?newer_than=6", "/list/copies?older_than=3"
        )  # fmt: skip
        start = self.read(app, "newer_than=6")
        assert (start.items, start.newer_url) == ([10, 9, 8, 7], None)

    @pytest.mark.parametrize(
        "query", ["older_than=%00", "older_than=" + "x" * 81, "older_than='--", "newer_than=%F0%9F%90%A2"]
    )
    def test_what_is_no_key_means_the_beginning(self, app: Flask, query: str) -> None:
        assert self.read(app, query).items == [10, 9, 8, 7]
