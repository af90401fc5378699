"""What collecting needs of the outside, in one hand."""

from dataclasses import dataclass

from kit.clock import Clock
from kit.db import Database
from kit.mail import Letterhead
from kit.ports import Links
from licences.gateway import Gateway


@dataclass(frozen=True)
class Till:
    """The ports with which money is collected. An outside call lies between two transactions, never in one."""

    database: Database
    clock: Clock
    links: Links
    letterhead: Letterhead
    gateway: Gateway
