"""Money: whole pence of one currency, as integers; never a fraction, never a float."""

CURRENCY = "GBP"
MOST_PENCE = 100_000_000
WHOLE = 10_000  # a rate in basis points: 2,000 of them are 20 per cent


def pounds(pence: int) -> str:
    """An amount as people write it: “£1,450.00”, with a minus sign before it when it is negative."""
    sign = "−" if pence < 0 else ""
    return f"{sign}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def share(pence: int, part: int, of: int) -> int:
    """`part` of `of` equal parts of an amount that is not negative, to the nearest penny, a half penny upwards."""
    return (2 * pence * part + of) // (2 * of)


def vat(net_pence: int, basis_points: int) -> int:
    """The value added tax on a net amount, to the nearest penny, a half penny upwards."""
    return share(net_pence, basis_points, WHOLE)
