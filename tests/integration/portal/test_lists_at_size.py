"""The pages that `make bench` measures on a million rows lead to their rows through indexes, on both databases.

With the few rows of a test PostgreSQL would rather read whole tables, so it is told not to where it can help it.
"""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import event

from kit.db import Database
from kit.ids import new_code
from licences.people import legal
from materials import shelf
from tests.bench.scale import PAGES, Portal
from tests.world import TRAINER, World

LONG = (  # but for the seals: they are read from their end, by their primary key
    "materials_copy", "licences_person", "licences_membership", "licences_organisation", "licences_licence",
    "licences_period", "licences_seat", "licences_accreditation", "kit_audit_entry",
)  # fmt: skip
WHOLE = re.compile(rf"^SCAN ({'|'.join(LONG)})(_\d+)?$|Seq Scan on ({'|'.join(LONG)})\b")

# Words among everybody; the people of one organisation are looked through.
SEARCHED = re.compile(r"^/admin/.*[?&](q|actor|subject)=")
# On SQLite an index may lead through a whole table in the list's order, but not in another that is then sorted.
IN_SOME_ORDER = re.compile(rf"^SCAN ({'|'.join(LONG)})\b")

Sent = list[tuple[str, Any]]


def taken(world: World) -> None:
    """A copy, for the pages that show one."""
    viewer = world.viewer(TRAINER)
    with world.house.database.write() as session:
        legal.accept_terms_of_use(session, world.house.clock, viewer, 1)
        shelf.take_copy(
            session, world.house.clock, viewer, material_id=world.manual, edition_id=world.current_edition,
            press=new_code(),
        )  # fmt: skip


def plans(database: Database, sent: Sent) -> dict[str, list[str]]:
    """Each statement's plan, line by line."""
    found = {}
    connection = database.reader.raw_connection()
    cursor = connection.cursor()
    if not database.is_sqlite:
        cursor.execute("SET enable_seqscan = off")
    for statement, parameters in sent:
        cursor.execute(("EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN ") + statement, parameters)
        found[statement] = [row[-1] for row in cursor.fetchall()]
    connection.invalidate()  # its setting is not for others
    return found


def test_no_page_reads_a_long_table_whole(world: World, tmp_path: Path) -> None:
    taken(world)
    portal = Portal(world.house.database.url.render_as_string(hide_password=False), tmp_path / "store")
    database, sent, faults = portal.reading, Sent(), []

    @event.listens_for(database.reader, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        sent.append((statement, parameters))

    for name, who, address in PAGES:
        sent.clear()
        portal.ask(who, address)
        assert len(sent) > 2, name
        found = plans(database, sent)
        for statement, plan in found.items():
            sorts = any("TEMP B-TREE FOR ORDER BY" in line for line in plan)
            faults += [
                (name, line, statement) for line in plan if WHOLE.search(line) or (sorts and IN_SOME_ORDER.search(line))
            ]
        if database.is_sqlite and SEARCHED.search(address):
            assert any("SCAN words_of_" in line for plan in found.values() for line in plan), name
    portal.close()
    assert not faults, "\n".join(map(str, faults))
