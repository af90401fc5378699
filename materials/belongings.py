"""What of the library belongs to a person or an organisation, for the verbs that merge two of them."""

from collections.abc import Mapping, Sequence

from kit.holdings import Holding
from materials.models import Copy, Reading

HOLDINGS: Mapping[str, Sequence[Holding]] = {
    "person": (
        Holding("copies", Copy.person_id, (Copy.press,)),
        Holding("changes read", Reading.person_id, (Reading.edition_id,)),
    ),
    "organisation": (Holding("copies", Copy.organisation_id),),
}
