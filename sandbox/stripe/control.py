"""What only the control page can do: move the clock, let money arrive, make cards fail, spoil webhooks."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.stripe import agenda
from sandbox.stripe.account import CALM, STANDING_STILL, Account
from sandbox.stripe.arithmetic import DAY, shifted
from sandbox.stripe.collecting import AUTHENTICATES, DECLINES, SUCCEEDS, transfer
from sandbox.stripe.disputes import decide, open_dispute
from sandbox.stripe.refusals import Refusal, bad_request
from sandbox.stripe.webhooks import Deliverer, forget_old_events

FATES = (SUCCEEDS, DECLINES, AUTHENTICATES)
STEPS = {"hour": 3600, "day": DAY, "week": 7 * DAY}


def act(account: Account, deliverer: Deliverer, what: str, form: Mapping[str, str]) -> str:
    """Does what a form of the control page asks; what happened, in words. Raises `Refusal`."""
    if what == "deliver":
        return f"{deliverer.deliver()} deliveries were made."
    with account.transaction():
        if what == "move":
            return _move(account, form)
        agenda.live_until(account, account.wall())
        return _ACTIONS[what](account, form) if what in _ACTIONS else _unknown(what)


def state(account: Account) -> dict[str, Any]:
    """The facts that a script asks for."""
    with account.lock:
        return {
            "now": account.now,
            "clock": account.facts["clock"],
            "ahead": account.facts["ahead"],
            "chaos": account.facts["chaos"],
            "undelivered": len(account.undelivered),
            "next_due": agenda.next_due(account),
        }


def _move(account: Account, form: Mapping[str, str]) -> str:
    """Forward by a step, to a day, or to a moment in seconds; never back."""
    before = account.wall()
    target = _target(before, form)
    if target < before:
        raise Refusal(400, "The clock goes forward only.")
    if target > before + 10 * 366 * DAY:
        raise Refusal(400, "Not more than ten years at a time.")
    if account.facts["clock"] != STANDING_STILL:
        account.facts["ahead"] += target - before
    agenda.live_until(account, target)
    forget_old_events(account)
    return f"It is {words(account.now)} now."


def _target(before: int, form: Mapping[str, str]) -> int:
    step = form.get("step", "")
    if step in STEPS:
        return before + STEPS[step]
    if step in ("month", "year"):
        return shifted(before, step, 1)
    if form.get("moment"):
        return int(_whole_number(form, "moment"))
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        raise Refusal(400, "Give the day as year-month-day, such as 2027-09-01.") from None
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=9)).timestamp())


def _transfer(account: Account, form: Mapping[str, str]) -> str:
    invoice = account.get("invoice", form.get("invoice"))
    pence = pence_of(form["pounds"]) if form.get("pounds") else int(invoice["amount_remaining"])
    transfer(account, invoice, pence)
    return f"A transfer of {pounds(pence)} arrived for {invoice['number']}."


def _fate(account: Account, form: Mapping[str, str]) -> str:
    """What the customer's next charge does, or what a Bacs payment under way will do."""
    fate = form.get("fate", "")
    if fate not in FATES:
        raise Refusal(400, f"A charge {', '.join(FATES)}.")
    if form.get("intent"):
        account.get("payment_intent", form["intent"])["_fate"] = fate
        return f"That payment {fate} when it clears."
    customer = account.get("customer", form.get("customer"))
    customer["_next_fate"] = fate
    return f"The next charge of {customer['name'] or customer['id']} {fate}."


def _dispute(account: Account, form: Mapping[str, str]) -> str:
    if form.get("charge"):
        return f"Dispute {open_dispute(account, form['charge'])['id']} is open."
    row = decide(account, form.get("dispute", ""), form.get("outcome") == "won")
    return f"Dispute {row['id']} is {row['status']}."


def _chaos(account: Account, form: Mapping[str, str]) -> str:
    shares = {name: _whole_number(form, name) for name in ("drop", "duplicate", "seed")}
    if not all(0 <= shares[name] <= 100 for name in ("drop", "duplicate")):
        raise Refusal(400, "A share is between 0 and 100 per cent.")
    account.facts["chaos"] = CALM | shares | {"shuffle": bool(form.get("shuffle")), "hold": bool(form.get("hold"))}
    return "Webhooks go out like that from now on."


def _whole_number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name) or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise Refusal(400, f"{name}: a whole number, please.")
    return int(text)


def _unknown(what: str) -> str:
    raise bad_request(f"The control page knows no {what}.")


_ACTIONS = {"transfer": _transfer, "fate": _fate, "dispute": _dispute, "chaos": _chaos}


def pence_of(text: str) -> int:
    """Pence of pounds as people type them: `1,234.50`. Raises `Refusal`."""
    clean = text.strip().lstrip("£").replace(",", "")
    whole, _, part = clean.partition(".")
    if not (whole + part).isascii() or not whole.isdigit() or (part and not part.isdigit()) or len(clean) > 12:
        raise Refusal(400, "Give an amount in pounds, such as 120.50.")
    return int(whole) * 100 + int((part + "00")[:2])


def pounds(pence: int) -> str:
    """An amount as people read it."""
    return f"{'−' if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02d}"


def words(moment: int | None) -> str:
    """A moment as people read it, in UTC as all of Stripe's."""
    return f"{datetime.fromtimestamp(moment, UTC):%-d %B %Y, %H:%M}" if moment is not None else ""
