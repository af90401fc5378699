"""Making a quote and ordering by it, as people do."""

from licences.billing.years import LicenceYear
from licences.people import memberships
from licences.people.viewer import Viewer
from licences.quotes import accepting, making
from licences.quotes.accepting import Agreed
from licences.quotes.making import Asked, Asker
from tests.unit.licences.billing.place import LETTERHEAD, Council

AGREED = Agreed(1, 1, "PO 77")
ANN = Asker("Lakeshire Council", None, "Ann Example", "ann@lakeshire.example")


def janet(council: Council) -> Viewer:
    one = memberships.first_place(council.session, council.janet)
    return Viewer("", one.id, one.name, one.email, one.organisation_id, one.organisation_name, one.role)


def quote(council: Council, asker: Asker = ANN, year: LicenceYear = LicenceYear.SEPTEMBER) -> str:
    return making.make(
        council.session, council.clock, LETTERHEAD, Asked(council.programme, 7, year), asker, place="192.0.2.1"
    )


def accept(council: Council, secret: str, viewer: Viewer | None = None, agreed: Agreed = AGREED) -> int:
    viewer = viewer or janet(council)
    return accepting.accept(council.session, council.clock, viewer, LETTERHEAD, secret, agreed)
