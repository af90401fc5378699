"""The numbers of the GIAS register, as people type them into a form or a table."""

from typing import Any

from wtforms.validators import StopValidation

from kit.web import sheets
from kit.web.sheets import Read
from kit.web.typed_text import Check

URN = sheets.figures(r"[0-9]{6}", "123456, with six figures")
UKPRN = sheets.figures(r"1[0-9]{7}", "10012345, with eight figures")
LA_CODE = sheets.figures(r"[0-9]{3}", "301, with three figures")
TRUST_UID = sheets.figures(r"(TR)?[0-9]{3,6}", "TR01234 or 5678")


def written_as(read: Read) -> Check:
    """A form's check from a table's reader, so that both take the same."""

    def check(_form: Any, field: Any) -> None:
        try:
            field.data = read(field.data)
        except ValueError as error:
            raise StopValidation(str(error)) from None

    return check
