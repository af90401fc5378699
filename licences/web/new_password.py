"""A password to be chosen: the same rule and the same words on every form that asks for one."""

from typing import Any

from kit.web import forms
from licences.people import accounts


def new_password(label: str = "New password") -> Any:
    """The field; `accounts.hash_password` has the last word."""
    return forms.password(
        label,
        missing="Write a password",
        hint=f"At least {accounts.SHORTEST_PASSWORD} characters. Three or four words in a row are easy to remember.",
        autocomplete="new-password",
        least=accounts.SHORTEST_PASSWORD,
    )


class NewPasswordForm(forms.Form):
    """A new password, and nothing else."""

    password = new_password()
