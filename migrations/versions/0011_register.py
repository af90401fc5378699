"""The national register: its entries, the words under which they are found, members, successions, and what was read.

Organisations keep the code of their Local Authority.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTEWISE = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
FILES = "kind IN ('establishments', 'groups', 'members of groups', 'predecessors and successors')"


def upgrade() -> None:
    op.add_column("licences_organisation", sa.Column("la_code", sa.String(3)))
    op.create_index("ix_licences_organisation_la_code", "licences_organisation", ["la_code"])
    _entries()
    _relations()
    op.create_table(
        "licences_register_reading",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("rows", "new", "changed", "gone")),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(FILES, name="filekind"),
    )
    op.create_index("ix_licences_register_reading_kind", "licences_register_reading", ["kind"])


def downgrade() -> None:
    for table in ("reading", "succession", "member", "word", "entry"):
        op.drop_table(f"licences_register_{table}")
    op.drop_index("ix_licences_organisation_la_code", table_name="licences_organisation")
    op.drop_column("licences_organisation", "la_code")


def _entries() -> None:
    op.create_table(
        "licences_register_entry",
        sa.Column("reference", sa.String(12), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("plain_name", BYTEWISE, nullable=False),
        sa.Column("type", sa.String(120), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("opened_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("ukprn", sa.String(8)),
        sa.Column("group_id", sa.String(10)),
        sa.Column("company_number", sa.String(10)),
        sa.Column("la_code", sa.String(3)),
        sa.Column("establishment_number", sa.String(4)),
        sa.Column("address", sa.String(400), nullable=False),
        sa.Column("town", sa.String(80), nullable=False),
        sa.Column("postcode", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("gone_since", sa.Date()),
        sa.CheckConstraint("kind IN ('local authority', 'group', 'establishment')", name="entrykind"),
        sa.CheckConstraint("status IN ('open', 'proposed to open', 'closed')", name="entrystatus"),
        sa.CheckConstraint("gone_since IS NULL OR status = 'closed'", name="gone_is_closed"),
        sa.CheckConstraint("kind <> 'local authority' OR la_code IS NOT NULL", name="authority_has_its_code"),
    )
    for column in ("plain_name", "ukprn", "group_id"):
        op.create_index(f"ix_licences_register_entry_{column}", "licences_register_entry", [column])
    op.create_table(
        "licences_register_word",
        sa.Column("reference", sa.String(12), sa.ForeignKey("licences_register_entry.reference"), primary_key=True),
        sa.Column("word", BYTEWISE, primary_key=True),
    )
    op.create_index("ix_licences_register_word_word_reference", "licences_register_word", ["word", "reference"])


def _relations() -> None:
    op.create_table(
        "licences_register_member",
        sa.Column("establishment", sa.String(12), primary_key=True),
        sa.Column("belongs_to", sa.String(12), primary_key=True),
        sa.Column("joined_on", sa.Date()),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("gone_since", sa.Date()),
    )
    op.create_index("ix_licences_register_member_belongs_to", "licences_register_member", ["belongs_to"])
    op.create_table(
        "licences_register_succession",
        sa.Column("before", sa.String(12), primary_key=True),
        sa.Column("after", sa.String(12), primary_key=True),
        sa.Column("since_on", sa.Date()),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("gone_since", sa.Date()),
        sa.CheckConstraint("before <> after", name="of_another"),
    )
    op.create_index("ix_licences_register_succession_after", "licences_register_succession", ["after"])
