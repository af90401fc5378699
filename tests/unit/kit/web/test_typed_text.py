"""What people type: names that hold no address."""

from types import SimpleNamespace

import pytest
from wtforms.validators import StopValidation

from kit.web.typed_text import no_addresses


@pytest.mark.parametrize(
    "lure",
    ["see https://x", "evil.example", "win at www.evil.example/a", "evil。com", "t.co/abc", "write to a@b.example"],
)
def test_a_name_that_mail_programs_make_a_link_of_is_refused(lure: str) -> None:
    with pytest.raises(StopValidation, match="Leave out web"):
        no_addresses(None, SimpleNamespace(data=lure))


@pytest.mark.parametrize(
    "name",
    ["St. Mary’s C.E. Primary", "A.Smith", "J.R.R. Tolkien", "Academy (V.A.), Nr. 3.5", "Lakeshire c/o Trust", ""],
)
def test_names_with_initials_and_full_stops_are_taken(name: str) -> None:
    no_addresses(None, SimpleNamespace(data=name))
