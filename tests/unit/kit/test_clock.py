"""Time: UTC inside, London for people."""

from datetime import UTC, date, datetime, timedelta

from kit.clock import SteppingClock, SystemClock, london, today


def test_the_systems_clock_tells_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_stepping_clock_stands_until_it_is_moved() -> None:
    clock = SteppingClock(datetime(2026, 3, 1, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 3, 1, tzinfo=UTC)
    clock.move(days=1, hours=2)
    assert clock.now() == datetime(2026, 3, 2, 2, tzinfo=UTC)


def test_london_is_an_hour_ahead_in_summer() -> None:
    assert london(datetime(2026, 7, 1, 12, tzinfo=UTC)).hour == 13
    assert london(datetime(2026, 12, 1, 12, tzinfo=UTC)).hour == 12


def test_the_day_changes_in_london_not_in_utc() -> None:
    assert today(SteppingClock(datetime(2026, 6, 30, 23, 30, tzinfo=UTC))) == date(2026, 7, 1)
    assert today(SteppingClock(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))) == date(2026, 12, 31)


def test_both_nights_the_clocks_change_keep_their_instants() -> None:
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert (london(spring).hour, london(spring + timedelta(hours=1)).hour) == (0, 2)
    assert (london(autumn).hour, london(autumn + timedelta(hours=1)).hour) == (1, 1)
    assert london(autumn) != london(autumn + timedelta(hours=1)) or london(autumn).fold == 0
