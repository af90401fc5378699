"""Many people at a browser each, who press at the same moment."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from werkzeug.test import TestResponse

from licences.people import memberships, sessions
from tests.browser_like import BASE, Browser
from tests.faults.plan import SEED, SOAK
from tests.world import World

CLIENTS = 40
ROUNDS = 200 if SOAK else 1
Press = Callable[[], TestResponse]


def begun(world: World, membership_id: int) -> str:
    """The secret of a new session; forty passwords would only cost time."""
    with world.house.database.write() as session:
        return sessions.begin(session, world.house.clock, membership_id, "crowd")


def signed_in(world: World, email: str) -> str:
    """The secret of a new session of one of the world's people."""
    with world.house.database.read() as session:
        place = memberships.first_place(session, world.people[email]).membership_id
    return begun(world, place)


def at(world: World, secret: str) -> Browser:
    """A browser with an open session."""
    browser = Browser(world.app)
    with browser.client.session_transaction(base_url=BASE) as cookie:
        cookie["_user_id"], cookie["_fresh"] = secret, True
    assert browser.get("/help").status_code == 200
    return browser


def press(browser: Browser, path: str, form: Mapping[str, object] | None = None) -> Press:
    """What somebody is about to press."""
    return lambda: browser.post(path, dict(form or {}))


def at_once(presses: Sequence[Press], round_: int) -> Counter[int]:
    """Presses behind a barrier, in an order that the seed shuffles; how often each code was answered."""
    order = list(presses)
    random.Random(SEED + round_).shuffle(order)
    start, codes = threading.Barrier(len(order)), list[int]()

    def go(press: Press) -> None:
        start.wait()
        codes.append(press().status_code)

    threads = [threading.Thread(target=go, args=(press,)) for press in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == len(order), "somebody got no answer"
    assert max(codes) < 500, Counter(codes)
    return Counter(codes)
