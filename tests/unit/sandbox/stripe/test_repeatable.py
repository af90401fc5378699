"""With the same name and seed, the same things have the same identifiers and the same webhooks are lost."""

from sandbox.stripe import api
from sandbox.stripe.account import Account
from sandbox.stripe.journal import Journal
from sandbox.stripe.routes import answer
from sandbox.stripe.webhooks import Deliverer


def fates(name: str, seed: int) -> list[tuple[str, int]]:
    """How often each of forty events is sent."""
    assert api.NOUNS
    account = Account(Journal(None), at=1_790_000_000, name=name)
    account.facts["chaos"] |= {"drop": 30, "duplicate": 30, "seed": seed}
    for number in range(40):
        with account.transaction():
            answer(account, "POST", "/v1/customers", {"name": str(number)})
    deliverer = Deliverer(account)
    return [(event, deliverer._times(event, 0, first=True)) for event in account.kinds["event"]]


def test_a_run_is_repeatable() -> None:
    first = fates("ada", 1)
    assert first == fates("ada", 1)
    assert {times for _, times in first} == {0, 1, 2}
    assert [times for _, times in first] != [times for _, times in fates("ada", 2)]
    assert not {event for event, _ in first} & {event for event, _ in fates("bob", 1)}
