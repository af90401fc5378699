"""The standing of a licence, worked out from its facts. Pure: no database, no clock, no guessing.

The facts are periods with what was ordered for them, a stop put on by staff, invoices that are not settled, a promised
renewal, and what staff decided for a while. The rules of money: an invoice that is past due lets the licence run on in
grace; sixty days later, or fourteen days after a card failed, or when it is given up, copies stop until it is settled.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from kit.clock import in_words
from kit.money import pounds

OVERDUE_DAYS = 60
FAILED_CARD_DAYS = 14
PROMISE_DAYS = 30
OVER_SEATED_DAYS = 14
SOON_DAYS = 60
DAY = timedelta(days=1)


class Standing(StrEnum):
    """How a licence stands. Active and in grace it gives copies; otherwise not."""

    PENDING = "pending"
    ACTIVE = "active"
    GRACE = "grace"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Overlay(StrEnum):
    """What is also true of a licence, whatever its standing."""

    CANCEL_SCHEDULED = "cancel scheduled"
    OVER_SEATED = "over-seated"
    PAYMENT_DISPUTED = "payment disputed"
    PO_MISSING = "purchase order missing"
    OVERRIDE = "override"


class Cause(StrEnum):
    """What decided the standing: who can mend it follows from this."""

    RUNS = "it runs"
    NOT_BEGUN = "it has not begun"
    NO_PERIOD = "no period"
    NO_ORDER_NUMBER = "no purchase order"
    UNPAID = "an invoice is unpaid"
    PROMISED = "a renewal is promised"
    KEPT_OPEN = "kept open by staff"
    STOPPED = "stopped by staff"
    OVER = "it is over"


@dataclass(frozen=True)
class Span:
    """A period, first and last day included: granted by hand, or ordered.

    `awaits_po`: it was ordered, and neither a purchase order nor money has come. `po_number` and `is_paid` are of the
    order behind it.
    """

    starts_on: date
    ends_on: date
    awaits_po: bool = False
    po_number: str | None = None
    is_paid: bool = False


@dataclass(frozen=True)
class Stop:
    """A suspension that has not been lifted."""

    since: date
    reason: str


@dataclass(frozen=True)
class Claim:
    """An invoice that is not settled, or whose payment is disputed. `owed_pence` is what is left of it.

    `adds_seats`: it is for so many seats added in the middle of a year, and touches nothing but those. `in_flight_on`
    is the day on which a Direct Debit set out that is neither paid nor failed: from then on the days do not count.
    """

    number: str
    due_on: date
    owed_pence: int
    adds_seats: int = 0
    failed_on: date | None = None
    in_flight_on: date | None = None
    uncollectible_on: date | None = None
    disputed_on: date | None = None

    @property
    def late_on(self) -> date:
        """The first day on which it counts as late."""
        late = self.due_on + DAY
        return late if self.failed_on is None else min(late, self.failed_on)

    @property
    def stops_on(self) -> date:
        """The first day on which it stops what it was for."""
        days = [self.due_on + timedelta(days=OVERDUE_DAYS)]
        if self.failed_on:
            days.append(self.failed_on + timedelta(days=FAILED_CARD_DAYS))
        if self.uncollectible_on:
            days.append(self.uncollectible_on)
        return min(days)

    def is_late(self, today: date) -> bool:
        return self.owed_pence > 0 and self._counted(today) >= min(self.late_on, self.stops_on)

    def stops(self, today: date) -> bool:
        return self.owed_pence > 0 and self._counted(today) >= self.stops_on

    def _counted(self, today: date) -> date:
        return today if self.in_flight_on is None else min(today, self.in_flight_on)

    @property
    def words(self) -> str:
        return f"Invoice {self.number} ({pounds(self.owed_pence)})"


@dataclass(frozen=True)
class Promise:
    """A renewal that somebody with a name has promised; it keeps the licence in grace until this day."""

    until_on: date


@dataclass(frozen=True)
class Override:
    """A decision of staff, in force on this day, to keep a licence open until another; its reason is for everybody."""

    until_on: date
    reason: str


@dataclass(frozen=True)
class Money:
    """The facts beside the periods: what is owed, promised and decided, and how many seats are bought and in use."""

    claims: tuple[Claim, ...] = ()
    promise: Promise | None = None
    override: Override | None = None
    is_cancelled: bool = False
    seats_bought: int = 0
    seats_in_use: int = 0


@dataclass(frozen=True)
class LicenceStanding:
    """The answer: the standing, the day it began, the last day it holds, and words for people.

    `seats_withheld` are bought and not to be given, since their invoice is unpaid; of those in use, the newest
    `seats_paused` give no copies.
    """

    standing: Standing
    since: date | None
    until: date | None
    reason: str
    next_step: str
    cause: Cause = Cause.RUNS
    overlays: tuple[Overlay, ...] = ()
    seats_withheld: int = 0
    seats_paused: int = 0

    @property
    def gives_copies(self) -> bool:
        return self.standing in (Standing.ACTIVE, Standing.GRACE)

    @property
    def word(self) -> str:
        """The standing as it follows “the licence is”."""
        return "in grace" if self.standing is Standing.GRACE else self.standing.value


NOTHING_OWED = Money()


def standing(spans: tuple[Span, ...], stop: Stop | None, today: date, money: Money = NOTHING_OWED) -> LicenceStanding:
    """The standing on a day.

    A stop by staff comes first: it holds whatever has been paid, and whatever else was decided. Periods that meet
    without a gap count as one.
    """
    if stop is not None:
        answer = LicenceStanding(
            Standing.SUSPENDED,
            stop.since,
            None,
            stop.reason,
            "The programme team restores it once this is settled.",
            Cause.STOPPED,
        )
    else:
        answer = _by_the_facts(spans, money, today)
        if money.override and not answer.gives_copies:
            answer = _kept_open(money.override, answer)
    withheld, paused = _seats(money, today)
    overlays = tuple(_overlays(spans, money, today, over_seated=money.seats_in_use > money.seats_bought - withheld))
    if not overlays and not withheld and not paused:  # as with nearly every copy that is asked for
        return answer
    return replace(answer, overlays=overlays, seats_withheld=withheld, seats_paused=paused)


def _by_the_facts(spans: tuple[Span, ...], money: Money, today: date) -> LicenceStanding:
    """The standing from periods and money, before anything that staff decided."""
    current = _around(tuple(span for span in spans if not span.awaits_po), today)
    runs = next((span for span in spans if span.starts_on <= today <= span.ends_on), None)
    claims = sorted((claim for claim in money.claims if not claim.adds_seats), key=lambda claim: claim.stops_on)
    if runs or money.promise:
        stopping = next((claim for claim in claims if claim.stops(today)), None)
        if stopping:
            return _unpaid(stopping)
    if current:
        late = next((claim for claim in claims if claim.is_late(today)), None)
        return _late(late, current) if late else _active(current, _ordered(spans, today), money, today)
    if money.promise:
        return _promised(money.promise, spans, today)
    if runs:
        return _awaiting_order(runs)
    return _not_running(spans, today)


def _unpaid(claim: Claim) -> LicenceStanding:
    if claim.in_flight_on:
        following = "A payment is on its way. The licence is restored by itself when it has arrived."
    else:
        following = "Copies open again the moment its payment is recorded. Seats, people and history are kept."
    return LicenceStanding(
        Standing.SUSPENDED, claim.stops_on, None, f"{claim.words} {_lateness(claim)}.", following, Cause.UNPAID
    )


def _lateness(claim: Claim) -> str:
    """What is wrong with an invoice, to follow its name."""
    if claim.uncollectible_on and claim.stops_on == claim.uncollectible_on:
        return f"was given up as unpaid on {in_words(claim.uncollectible_on)}"
    if claim.failed_on:
        return f"could not be collected: the payment failed on {in_words(claim.failed_on)}"
    return f"was due on {in_words(claim.due_on)} and has not been paid"


def _late(claim: Claim, current: Span) -> LicenceStanding:
    if claim.in_flight_on:
        following = "A payment is on its way. Nothing stops while it is."
    else:
        following = f"Copies go on. They stop on {in_words(claim.stops_on)} if it is not paid by then."
    return LicenceStanding(
        Standing.GRACE,
        claim.late_on,
        current.ends_on,
        f"{claim.words} {_lateness(claim)}.",
        following,
        Cause.UNPAID,
    )


def _ordered(spans: tuple[Span, ...], today: date) -> Span | None:
    """The period that runs on this day and was ordered; None when it was granted by hand."""
    running = [span for span in spans if span.starts_on <= today <= span.ends_on and (span.is_paid or span.po_number)]
    return max(running, key=lambda span: span.ends_on, default=None)


def _active(current: Span, ordered: Span | None, money: Money, today: date) -> LicenceStanding:
    reason = f"It runs until {in_words(current.ends_on)}."
    if ordered:
        how = "Paid until" if ordered.is_paid else "It runs until"
        order = f" with purchase order {ordered.po_number}" if ordered.po_number else ""
        reason = f"{how} {in_words(ordered.ends_on)}{order}."
        if current.ends_on > ordered.ends_on:
            reason += f" It goes on until {in_words(current.ends_on)}."
    return LicenceStanding(
        Standing.ACTIVE, current.starts_on, current.ends_on, reason, _next_of_active(current, money, today)
    )


def _next_of_active(current: Span, money: Money, today: date) -> str:
    owed = sorted((claim for claim in money.claims if claim.owed_pence and not claim.adds_seats), key=_due)
    if owed and owed[0].in_flight_on:
        return f"A payment of invoice {owed[0].number} is on its way."
    if owed:
        return f"{owed[0].words} is due on {in_words(owed[0].due_on)}."
    left = (current.ends_on - today).days
    if money.is_cancelled:
        return "It is not renewed: it ends on that day, and can still be renewed until then."
    if left > SOON_DAYS:
        return "The licence can be renewed at any time before it ends."
    count = "1 day is" if left == 1 else f"{left} days are"
    return f"{count} left to renew it." if left else "Today is its last day."


def _due(claim: Claim) -> date:
    return claim.due_on


def _promised(promise: Promise, spans: tuple[Span, ...], today: date) -> LicenceStanding:
    last = max((span.ends_on for span in spans if span.ends_on < today and not span.awaits_po), default=None)
    ended = f"The last licence period ended on {in_words(last)}. " if last else ""
    return LicenceStanding(
        Standing.GRACE,
        last + DAY if last else None,
        promise.until_on,
        f"{ended}Its renewal was promised.",
        f"Copies go on until {in_words(promise.until_on)}. The purchase order is needed by then.",
        Cause.PROMISED,
    )


def _awaiting_order(span: Span) -> LicenceStanding:
    reason = f"The licence from {in_words(span.starts_on)} is ordered, and its purchase order has not come."
    return _pending(reason, "Copies open when the purchase order number or the payment is here.", Cause.NO_ORDER_NUMBER)


def _pending(reason: str, next_step: str, cause: Cause) -> LicenceStanding:
    return LicenceStanding(Standing.PENDING, None, None, reason, next_step, cause)


def _not_running(spans: tuple[Span, ...], today: date) -> LicenceStanding:
    """Pending before it begins, ended after it; periods that no purchase order came for never ran."""
    coming = min((span for span in spans if span.starts_on > today), key=lambda span: span.starts_on, default=None)
    ran = [span.ends_on for span in spans if span.ends_on < today and not span.awaits_po]
    if coming:
        once = ", once the purchase order number or the payment is here" if coming.awaits_po else ""
        begins = f"The licence begins on {in_words(coming.starts_on)}."
        return _pending(begins, f"Copies open on that day{once}.", Cause.NOT_BEGUN)
    if not ran:
        reason = "No licence period has been granted yet."
        return _pending(reason, "The programme team grants the first period.", Cause.NO_PERIOD)
    return LicenceStanding(
        Standing.ENDED,
        max(ran) + DAY,
        None,
        f"The last licence period ended on {in_words(max(ran))}.",
        "It can be renewed: seats, people and history are kept.",
        Cause.OVER,
    )


def _kept_open(override: Override, otherwise: LicenceStanding) -> LicenceStanding:
    return LicenceStanding(
        Standing.GRACE,
        None,
        override.until_on,
        f"The programme team keeps it open until {in_words(override.until_on)}: {override.reason.rstrip('.')}.",
        f"Without that it would be {otherwise.standing}. {otherwise.reason}",
        Cause.KEPT_OPEN,
    )


def _seats(money: Money, today: date) -> tuple[int, int]:
    """How many seats are withheld, and how many of those in use are paused: two weeks after they were withheld."""
    stopping = [claim for claim in money.claims if claim.adds_seats and claim.stops(today)]
    withheld = sum(claim.adds_seats for claim in stopping)
    long_ago = timedelta(days=OVER_SEATED_DAYS)
    left = money.seats_bought - sum(claim.adds_seats for claim in stopping if claim.stops_on + long_ago <= today)
    return withheld, max(0, money.seats_in_use - left)


def _overlays(spans: tuple[Span, ...], money: Money, today: date, *, over_seated: bool) -> Iterator[Overlay]:
    if money.is_cancelled:
        yield Overlay.CANCEL_SCHEDULED
    if over_seated:
        yield Overlay.OVER_SEATED
    if any(claim.disputed_on for claim in money.claims):
        yield Overlay.PAYMENT_DISPUTED
    if any(span.awaits_po and span.ends_on >= today for span in spans):
        yield Overlay.PO_MISSING
    if money.override:
        yield Overlay.OVERRIDE


def _around(spans: tuple[Span, ...], today: date) -> Span | None:
    """The unbroken stretch of periods that holds this day."""
    stretch: Span | None = None
    for span in sorted(spans, key=lambda s: s.starts_on):
        if stretch and span.starts_on <= stretch.ends_on + DAY:
            stretch = Span(stretch.starts_on, max(stretch.ends_on, span.ends_on))
        elif stretch and stretch.ends_on >= today:
            break
        else:
            stretch = span
    return stretch if stretch and stretch.starts_on <= today <= stretch.ends_on else None
