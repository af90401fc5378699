"""What time brings: drafts become final, cards are tried again, debts fall due, Bacs clears, periods end.

Moving the clock lives through all of it in order, each thing at its own moment.
"""

import heapq
from collections import Counter
from collections.abc import Iterator

from sandbox.stripe.account import Account, Object
from sandbox.stripe.checkout import expire_now, told_later
from sandbox.stripe.collecting import (
    ENDED,
    EXPIRES_INCOMPLETE,
    SUCCEEDS,
    charge,
    decline,
    finalise,
    restate,
    succeed,
)
from sandbox.stripe.invoices import void_invoice
from sandbox.stripe.renewing import renew
from sandbox.stripe.subscriptions import end_now

MOST_AT_ONCE = 5
KINDS = ("invoice", "subscription", "payment_intent", "checkout.session")


def live_until(account: Account, moment: int) -> None:
    """Lives through everything that is due until then; each thing is committed by itself."""
    if moment <= account.now:
        return
    waiting = [(when, row["_number"], row["id"]) for row in _all(account) for when in _due(row)]
    heapq.heapify(waiting)
    lived: Counter[tuple[str, int]] = Counter()
    while waiting and waiting[0][0] <= moment:
        when, _, identity = heapq.heappop(waiting)
        row = account.rows.get(identity)
        if row is None or when not in _due(row):
            continue
        lived[identity, when] += 1
        # What is done must not be due again at once: a fault here would go round for ever.
        assert lived[identity, when] <= MOST_AT_ONCE, (identity, when)
        account.now = when
        account.touched.add(identity)
        _happen(account, row, when)
        changed = [account.rows[name] for name in account.touched if name in account.rows]
        account.commit()
        for other in changed:
            for later in _due(other) if other["object"] in KINDS else ():
                heapq.heappush(waiting, (later, other["_number"], other["id"]))
    account.now = moment


def next_due(account: Account) -> int | None:
    """When something happens next, if anything does."""
    return min((when for row in _all(account) for when in _due(row)), default=None)


def _all(account: Account) -> Iterator[Object]:
    for kind in KINDS:
        yield from account.kinds.get(kind, {}).values()


def _due(row: Object) -> list[int]:
    """The moments at which something happens to a row as it is now."""
    match row["object"]:
        case "invoice" if row["status"] == "draft":
            times = [row["automatically_finalizes_at"]]
        case "invoice" if row["status"] == "open":
            times = [row["next_payment_attempt"], None if row["_overdue"] else row["due_date"]]
        case "subscription" if row["status"] == "incomplete":
            times = [row["created"] + EXPIRES_INCOMPLETE]
        case "subscription" if row["status"] not in ENDED:
            times = [row["items"]["data"][0]["current_period_end"], row["cancel_at"]]
        case "payment_intent" if row["status"] == "processing":
            times = [row["_settles"]]
        case "checkout.session" if row["status"] == "open":
            times = [row["expires_at"]]
        case _:
            times = []
    return [when for when in times if when is not None]


def _happen(account: Account, row: Object, when: int) -> None:
    match row["object"]:
        case "invoice" if row["status"] == "draft":
            finalise(account, row, then_collect=True)
        case "invoice" if row["next_payment_attempt"] == when:
            charge(account, row)
        case "invoice":
            row["_overdue"] = True
            account.tell("invoice.overdue", row)
            restate(account, row)
        case "subscription" if row["status"] == "incomplete":
            _expire(account, row)
        case "subscription" if row["cancel_at"] == when:
            end_now(account, row)
        case "subscription":
            renew(account, row)
        case "payment_intent":
            _settle(account, row)
        case "checkout.session":
            expire_now(account, row)


def _expire(account: Account, subscription: Object) -> None:
    """The first payment did not come in time: the subscription never was."""
    invoice = account.find("invoice", subscription["latest_invoice"])
    subscription["status"] = "incomplete_expired"
    subscription["ended_at"] = account.now
    account.tell("customer.subscription.updated", subscription)
    if invoice is not None and invoice["status"] == "open":
        void_invoice(account, invoice)


def _settle(account: Account, intent: Object) -> None:
    """Bacs cleared, or did not."""
    if intent["_fate"] == SUCCEEDS:
        succeed(account, intent)
    else:
        decline(account, intent, "insufficient_funds")
    told_later(account, intent)
