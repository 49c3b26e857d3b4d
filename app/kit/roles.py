"""The role that the application works as: what it may not do, PostgreSQL refuses, whatever statement it is given.

`GRANTS` runs after all migrations, again and again: it makes the role where it may, and gives and takes rights so that
they fit the tables of this version. Without the role the application works as the owner of the tables, and triggers
alone stand before counters and history.
"""

from typing import Any, Final

import asyncpg

APPLICATION_ROLE: Final = "hikiate_app"
# The only schema in which the application may make tables: rows of a file on their way in.
STAGING_SCHEMA: Final = "hikiate_staging"

# `stock`: locking a row needs the right to update some column. `xid` is the one that no counter depends on, and a
# trigger refuses even that. Partitions have no rights of their own: a row that is put into one directly would pass by
# the trigger of the whole. What only the owner may do stands in functions that run as the owner.
GRANTS: Final = """
DO $$
DECLARE
  item record;
  version int := current_setting('server_version_num')::int;
BEGIN
  IF to_regclass('ledger') IS NULL OR to_regclass('requests_now') IS NULL OR to_regclass('stock_repairs') IS NULL
     OR to_regnamespace('hikiate_staging') IS NULL THEN
    RETURN;  -- on the way down
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hikiate_app') THEN
    BEGIN
      CREATE ROLE hikiate_app NOLOGIN;
    EXCEPTION
      WHEN insufficient_privilege THEN RETURN;
      WHEN duplicate_object OR unique_violation THEN NULL;  -- for another database of this server, just now
    END;
  END IF;
  -- Before PostgreSQL 16, who is a member may also take the role.
  IF NOT pg_has_role(current_user, 'hikiate_app',
                     CASE WHEN version >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
    BEGIN
      EXECUTE 'GRANT hikiate_app TO CURRENT_USER'
              || CASE WHEN version >= 160000 THEN ' WITH SET TRUE, INHERIT FALSE' ELSE '' END;
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
  END IF;

  EXECUTE format('GRANT USAGE ON SCHEMA %I TO hikiate_app', current_schema());
  GRANT USAGE, CREATE ON SCHEMA hikiate_staging TO hikiate_app;
  FOR item IN SELECT oid::regclass AS name, relispartition FROM pg_class
               WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
               ORDER BY oid::regclass::text
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM hikiate_app', item.name);
    IF version >= 170000 THEN  -- before, only owners may analyze
      EXECUTE format('GRANT MAINTAIN ON %s TO hikiate_app', item.name);
    END IF;
    IF NOT item.relispartition THEN
      EXECUTE format('GRANT SELECT ON %s TO hikiate_app', item.name);
    END IF;
    IF NOT item.relispartition AND item.name::text NOT IN ('ledger', 'stock', 'stock_states', 'stock_repairs',
                                                                'requests', 'alembic_version') THEN
      EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO hikiate_app', item.name);
    END IF;
  END LOOP;
  GRANT INSERT ON ledger TO hikiate_app;
  GRANT INSERT (id, variant_id, location_id, reason, note, actor) ON stock_repairs TO hikiate_app;
  GRANT INSERT (variant_id, location_id), UPDATE (xid) ON stock TO hikiate_app;
  GRANT SELECT, INSERT, UPDATE ON requests_now TO hikiate_app;
  GRANT SELECT ON requests_before TO hikiate_app;

  -- Views run with their owner's rights: through one that can be written, tables could be.
  FOR item IN SELECT oid::regclass AS name FROM pg_class
               WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('v', 'm')
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM hikiate_app', item.name);
    EXECUTE format('GRANT SELECT ON %s TO hikiate_app', item.name);
  END LOOP;
  FOR item IN SELECT oid::regclass AS name FROM pg_class
               WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'
  LOOP
    EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO hikiate_app', item.name);
  END LOOP;

  FOR item IN SELECT oid::regprocedure AS name FROM pg_proc
               WHERE pronamespace = current_schema()::regnamespace
                 AND proname IN ('apply_ledger', 'set_stock_aside', 'repair_stock', 'ensure_ledger_partitions',
                                 'begin_request_period')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', item.name, current_schema());
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', item.name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO hikiate_app', item.name);
  END LOOP;
END $$
"""

_USABLE: Final = """
    SELECT pg_has_role(current_user, oid,
                       CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
           AND has_table_privilege(oid, to_regclass('ledger'), 'INSERT')
      FROM pg_roles WHERE rolname = 'hikiate_app'
"""


async def application_role(dsn: str) -> str | None:
    """The role to work as in this database; None: as whoever connects, because there is no other.

    Raises as asyncpg.connect does.
    """
    connection: Any = await asyncpg.connect(dsn)
    try:
        return APPLICATION_ROLE if await connection.fetchval(_USABLE) else None
    finally:
        await connection.close()


def role_settings(role: str | None) -> dict[str, str]:
    """How a connection says at its start whose rights it wants."""
    return {} if role is None else {"role": role}
