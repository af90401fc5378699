"""Alphabetical lists page by page: the place in the address, as the directory's turn."""

from typing import TypeVar

from flask import request

from kit.web.pages import Page, page_of, place_of
from licences.directory import ListedOrganisation, ListedPerson, Turn

PAGE_SIZE = 25

Listed = TypeVar("Listed", ListedOrganisation, ListedPerson)


def turn() -> Turn:
    """Where the reader is: one row more than a page is fetched, which tells whether the list goes on."""
    place = place_of(request.args)
    return Turn(PAGE_SIZE + 1, after=row_id(place.older_than), before=row_id(place.newer_than))


def page(rows: list[Listed]) -> Page[Listed]:
    """The rows as a page with links to its neighbours; `older_url` leads on towards Z."""
    return page_of(rows, place_of(request.args), PAGE_SIZE, key=lambda row: str(row.id))


def row_id(key: str) -> int | None:
    """A row's id out of an address, or None for what is no id that a database could hold."""
    return int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else None
