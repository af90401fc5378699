"""The first member of staff, added by a process that goes on afterwards."""

import os
from pathlib import Path

import pytest

from kit.db import Database
from kit.refusals import Refused
from portal import first_staff
from tests import databases, world


def open_files(path: str) -> list[str]:
    """What this process holds open of a database, its write-ahead log included."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:  # the listing's own
            continue
        if target.startswith(path):
            found.append(target)
    return found


@pytest.mark.parametrize("email", ["ruth@team.example", "no address"])
def test_nothing_stays_open_behind_it(tmp_path: Path, email: str) -> None:
    url = databases.new_database_url("sqlite")
    database = Database(url)
    database.close()
    settings = world.settings(database, tmp_path)
    if "@" in email:
        assert "/welcome/" in first_staff.add(settings, name="Ruth Vaughan", email=email)
    else:
        with pytest.raises(Refused, match="Write an e-mail address"):
            first_staff.add(settings, name="Ruth Vaughan", email=email)
    assert open_files(str(database.url.database)) == []
    databases.drop_database(url)
