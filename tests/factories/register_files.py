"""Files in the form of the published register, with invented schools, as many as wanted."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "sandbox" / "content" / "register"
_SAINTS = ("St Mary's", "St John's", "St. Peter's", "Saint Anne's", "St Michael & All Angels", "Holy Trinity")
_BEGINNINGS = ("Lake", "Hill", "Moor", "West", "Ash", "Thorn", "Brook", "Stan", "Wood", "Fern", "King", "Hart", "Oak")
_ENDINGS = ("ford", "side", "land", "mere", "ton", "by", "field", "ham", "dale", "ley", "port", "wick", "stead")
_KINDS = ("Primary School", "CofE Primary School", "Infant School", "Junior School", "High School", "Academy",
          "Community Primary School", "R.C. Primary School", "Nursery School", "Special School")  # fmt: skip


def headings(name: str) -> list[str]:
    """The headings of one of the sample's files."""
    with (SAMPLE / name).open(encoding="cp1252", newline="") as file:
        return next(csv.reader(file))


def many_establishments(path: Path, count: int, *, first_urn: int = 100_000) -> None:
    """Writes `edubasealldata` with as many schools as wanted, always the same ones."""
    columns = headings("edubasealldata.csv")
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL, restval="")
        writer.writeheader()
        writer.writerows(_schools(count, first_urn))


def _schools(count: int, first_urn: int) -> Iterator[dict[str, str]]:
    chance = random.Random(7)
    for place in range(count):
        town = chance.choice(_BEGINNINGS) + chance.choice(_ENDINGS)
        where = (
            chance.choice(_SAINTS) if chance.random() < 0.25 else chance.choice(_BEGINNINGS) + chance.choice(_ENDINGS)
        )
        code, is_open = 200 + place % 150, chance.random() < 0.6
        yield {
            "URN": str(first_urn + place), "LA (code)": str(code), "LA (name)": f"Council of {code}",
            "EstablishmentNumber": str(1000 + place % 9000), "EstablishmentName": f"{where} {chance.choice(_KINDS)}",
            "TypeOfEstablishment (name)": "Community school", "EstablishmentStatus (code)": "1" if is_open else "2",
            "CloseDate": "" if is_open else "31-08-2019", "UKPRN": str(10_000_000 + place), "Street": f"{place} Lane",
            "Town": town, "Postcode": f"{chance.choice('ABCDEFGHKLMN')}B{place % 90 + 1} {place % 9}AA",
            "HeadFirstName": "Petronella", "HeadLastName": "Quillfeather",
        }  # fmt: skip
