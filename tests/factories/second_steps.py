"""Second steps in tests: an app that shows codes by the test's own clock, and settings that make one compulsory."""

from dataclasses import dataclass

import pyotp
from flask import Flask

from kit.clock import Clock
from kit.sealing import Sealer
from licences.people import authenticators
from portal.app import create_app
from portal.settings import Settings
from tests.world import World


@dataclass(frozen=True)
class App:
    """An authenticator app on somebody's telephone."""

    secret: str
    clock: Clock

    @property
    def code(self) -> str:
        """What it shows now."""
        return pyotp.TOTP(self.secret).at(self.clock.now())


def give_app(world: World, email: str, app: Flask | None = None) -> App:
    """Adds an app to a person's account; its first code is used up."""
    clock, sealer = world.house.clock, Sealer(str((app or world.app).secret_key), world.house.clock)
    actor = world.viewer(email).actor
    made = authenticators.app_to_set_up(sealer, world.people[email], email, "Secure Base")
    shown = App(made.secret, clock)
    letterhead, code = world.house.letterhead, shown.code
    with world.house.database.write() as session:
        authenticators.add_app(
            session, clock, letterhead, sealer, actor, sealed=made.sealed, name="My telephone", code=code
        )
    return shown


def give_codes(world: World, email: str) -> list[str]:
    """Ten recovery codes of a person."""
    with world.house.database.write() as session:
        actor = world.viewer(email).actor
        return authenticators.new_recovery_codes(session, world.house.clock, world.house.letterhead, actor)


def strict_app(world: World, settings: Settings) -> Flask:
    """The portal where staff and licence managers must have a second step."""
    return create_app(settings.model_copy(update={"second_step": "compulsory"}), world.house)
