"""Who is looking: the frozen facts of a signed-in person, carried from the door to services."""

from dataclasses import dataclass
from datetime import datetime

from kit.audit import Actor
from licences.people.kinds import Role, Step


@dataclass(frozen=True)
class Viewer:
    """A person signed in for one organisation. Works as Flask-Login's user without knowing of it.

    `step` says whether the second step is still to be shown or set up, `sure_at` when they last proved who they are.
    `acted_by` is the member of staff who sits at the session and acts for this person, under a banner.
    """

    secret: str
    person_id: int
    name: str
    email: str
    organisation_id: int
    organisation_name: str
    role: Role
    membership_id: int = 0
    step: Step = Step.DONE
    sure_at: datetime | None = None
    acted_by: Actor | None = None

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the cookie holds: the random secret of the session on the server, never the person's id."""
        return self.secret

    @property
    def is_staff(self) -> bool:
        return self.role is Role.STAFF

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def actor(self) -> Actor:
        """Who did it, for the audit trail: with both names when staff acts for the person."""
        if self.acted_by is None:
            return Actor(self.person_id, self.name, self.organisation_id)
        both = f"{self.acted_by.name} for {self.name}"
        return Actor(self.acted_by.person_id, both, self.organisation_id)
