"""What a process that meets a refusing database writes to its log: the rule that was broken, and nobody's words."""

import json
import subprocess
import sys

import pytest

# Both ways in which PostgreSQL quotes a row: the key that is there already, and the whole row that breaks a rule.
MEET = """
import sys
import sqlalchemy as sa
import structlog
from kit.db import Database
from portal.logs import log_as_json

log_as_json()
person = sa.table("licences_person", *map(sa.column, ("name", "email", "is_demo", "created_at")))
row = {"name": sys.argv[2] or None, "email": "amara@lakeshire.example", "is_demo": False, "created_at": "2026-01-01"}
try:
    with Database(sys.argv[1]).writer.begin() as connection:
        for _ in range(2):
            connection.execute(sa.insert(person).values(row))
except Exception as error:
    structlog.get_logger().exception("fault", error=str(error))
"""


@pytest.mark.parametrize(("name", "rule"), [("Amara Osei", "email"), ("", "name")])
def test_the_log_names_the_rule_and_nobody(database_url: str, name: str, rule: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEET, database_url, name], capture_output=True, text=True, timeout=60, check=True
    )
    line = json.loads(done.stderr)
    assert line["event"] == "fault"
    assert "IntegrityError" in line["exception"]
    for told in (line["error"], line["exception"]):
        assert rule in told
        assert "amara" not in told.lower()
