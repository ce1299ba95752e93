"""Brings the tables of the state up to date, once, also where several servers start at the same time."""

import sqlalchemy as sa

from trimtab.vocabulary.kernel import Invalid

HEAD = "0011"
"""The newest migration; a test compares it with the folder, so that Alembic loads only when needed."""
LOCK = 0x7472696D74616273
"""Servers that start at once bring the tables up to date one after the other."""


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to HEAD; Alembic (over a second to import) is loaded only if something is to do."""
    with engine.connect() as con:
        if revision(con) == HEAD:
            return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "trimtab.adapters.sql_state:migrations")
    with engine.begin() as con:
        if engine.dialect.name == "postgresql":
            con.execute(sa.text("set local lock_timeout = 0"))
            con.execute(sa.text("set local statement_timeout = 0"))
            con.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        found = revision(con)
        if found == HEAD:  # another server did it while this one waited
            return
        if found is not None and found > HEAD:
            raise Invalid(
                f"the state has revision {found}, this Trimtab knows {HEAD}",
                hint="upgrade Trimtab",
                code="state_revision",
            )
        config.attributes["connection"] = con
        command.upgrade(config, "head")


def revision(con: sa.Connection) -> str | None:
    """The revision of the tables; None where there are none."""
    if not sa.inspect(con).has_table("alembic_version"):
        return None
    return con.execute(sa.text("select version_num from alembic_version")).scalar()
