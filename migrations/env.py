"""Run by Alembic; the connection and its transaction come from `migrations.upgrade` and its neighbours."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.dialects.postgresql import JSONB

from kit.db import Base, UtcDateTime
from migrations import PREFIXES, import_models


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Keeps the job queue's own tables out of the comparison with our models, and indexes on folded words, which
    Alembic cannot compare and one of the databases may be without.
    """
    if kind == "index":
        return name is None or not name.endswith("_folded")
    return kind != "table" or (name is not None and name.startswith(PREFIXES))


def _written_as(kind: str, thing: object, context: AutogenContext) -> str | Literal[False]:
    """Version files name SQLAlchemy's own types: they must still run when our classes have moved on."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, JSONB):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "postgresql.JSONB()"
    return False


import_models()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=_is_ours,
    render_item=_written_as,
    render_as_batch=True,
    transactional_ddl=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
