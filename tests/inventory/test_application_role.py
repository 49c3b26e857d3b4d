"""What the application may do, tried by its role: every statement that would break counters or history is refused."""

import asyncpg
import pytest

from app.kit.db import Database
from app.kit.migrations import migrate
from app.kit.statement import Statement
from tests.conftest import AS_OWNER
from tests.inventory.builders import counters, movements, stocked

COPY_OF_MONTH = "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'ledger'::regclass LIMIT 1"
FORBIDDEN = [
    "UPDATE stock SET on_hand = 99",
    "UPDATE stock SET reserved = 0",
    "UPDATE stock SET allocated = 0",
    "UPDATE stock SET safety = 1",
    "UPDATE stock SET version = 99",
    "UPDATE stock SET variant_id = 1",
    "UPDATE stock SET location_id = 1",
    "UPDATE stock SET xid = 0",
    "DELETE FROM stock",
    "TRUNCATE stock",
    "INSERT INTO stock (variant_id, location_id, on_hand) VALUES (1, 1, 99)",
    "INSERT INTO stock (variant_id, location_id, version) VALUES (1, 1, 99)",
    "ALTER TABLE stock DISABLE TRIGGER ALL",
    "DROP TRIGGER stock_moves_by_ledger ON stock",
    "ALTER TABLE stock DROP CONSTRAINT stock_not_oversold",
    "DROP TABLE stock CASCADE",
    "INSERT INTO stock_states (variant_id, location_id, state, quantity) VALUES (1, 1, 'DAMAGED', 99)",
    "UPDATE stock_states SET quantity = 99",
    "DELETE FROM stock_states",
    "UPDATE stock_repairs SET actor = 'somebody else'",
    "DELETE FROM stock_repairs",
    "TRUNCATE stock_repairs",
    "INSERT INTO stock_repairs (id, variant_id, location_id, at) VALUES (gen_random_uuid(), 1, 1, now())",
    "UPDATE ledger SET d_on_hand = 99",
    "UPDATE ledger SET actor = 'somebody else'",
    "DELETE FROM ledger",
    "TRUNCATE ledger",
    "ALTER TABLE ledger DISABLE TRIGGER ledger_moves_stock",
    "DROP TABLE ledger",
    "DROP FUNCTION apply_ledger() CASCADE",
    "CREATE OR REPLACE FUNCTION apply_ledger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE mine (n int)",
    "SET session_replication_role = replica",
    "ALTER TABLE requests DETACH PARTITION requests_before",
    "UPDATE requests SET answer = NULL",
    "DELETE FROM requests",
    "DELETE FROM requests_now",
    "UPDATE requests_before SET answer = NULL",
    "UPDATE alembic_version SET version_num = '0001'",
    "ALTER ROLE hikiate_app SUPERUSER",
    "COPY (SELECT 1) TO PROGRAM 'true'",
]
# A trigger of one's own runs at a depth at which the table's own trigger takes the ledger's for granted.
BY_A_TRIGGER_OF_ONES_OWN = """
    CREATE TEMP TABLE door (n int);
    CREATE FUNCTION pg_temp.step_in() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN UPDATE public.stock SET on_hand = 99; RETURN NULL; END';
    CREATE TRIGGER step_in AFTER INSERT ON door FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.step_in();
    INSERT INTO door VALUES (1)
"""


@pytest.mark.parametrize("statement", [*FORBIDDEN, BY_A_TRIGGER_OF_ONES_OWN])
async def test_the_application_cannot_break_counters_or_history(db: Database, statement: str) -> None:
    shirt, [store] = await stocked(db, 5)
    before = await movements(db)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.write() as tx:
            await tx.connection.execute(statement)
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}
    assert await movements(db) == before


async def test_a_month_of_the_ledger_cannot_be_written_past_the_trigger(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    async with db.read() as tx:
        month = await tx.connection.fetchval(COPY_OF_MONTH)
    insert = (
        f"INSERT INTO {month} (variant_id, location_id, d_on_hand, kind, cause_kind, cause_id, actor)"
        " SELECT variant_id, location_id, 9, 'ADJUSTED', 'STAFF', cause_id, 'me' FROM ledger"
    )
    for statement in (
        insert,
        f"UPDATE {month} SET d_on_hand = 9",
        f"DELETE FROM {month}",
        f"TRUNCATE {month}",
        f"DROP TABLE {month}",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.write() as tx:
                await tx.connection.execute(statement)
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}


async def test_a_ledger_row_without_a_row_of_stock_is_refused_whatever_is_said_before(db: Database) -> None:
    """An import says that all rows of stock are there; a row that it is wrong about would move no counter."""
    shirt, [store, empty] = await stocked(db, 5, 0)
    before = await movements(db)
    for many in (1, 200):
        insert = (
            "SELECT set_config('hikiate.stock_rows_are_there', 'yes', true);"
            " INSERT INTO ledger (variant_id, location_id, d_on_hand, kind, cause_kind, cause_id, actor)"
            f" SELECT {shirt}, {empty}, 1, 'RECEIVED', 'STAFF', gen_random_uuid(), 'me' FROM generate_series(1, {many})"
        )
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with db.write() as tx:
                await tx.connection.execute(insert)
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}
    assert await movements(db) == before


async def test_functions_that_run_as_the_owner_look_where_they_were_told_to(db: Database) -> None:
    """Else a caller could put tables of the same names before theirs."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT proname, proconfig FROM pg_proc"
            " WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY proname"
        )
    assert [row["proname"] for row in rows] == [
        "apply_ledger",
        "begin_request_period",
        "ensure_ledger_partitions",
        "repair_stock",
        "set_stock_aside",
    ]
    assert all("search_path=public, pg_temp" in row["proconfig"] for row in rows)


async def test_a_login_of_ones_own_works_as_the_role(db: Database) -> None:
    """`CREATE ROLE shop LOGIN IN ROLE hikiate_app`, and the application connects as it."""
    async with db.write() as tx:
        await tx.connection.execute(f"{AS_OWNER}; DROP ROLE IF EXISTS hikiate_test_login")
        await tx.connection.execute("CREATE ROLE hikiate_test_login LOGIN PASSWORD 'x' IN ROLE hikiate_app")
    own = await Database.open(db.dsn.replace("postgres@", "hikiate_test_login:x@", 1))
    try:
        shirt, [store] = await stocked(own, 5)
        assert await counters(own) == {(shirt, store): (5, 0, 0, 0)}
        async with own.read() as tx:
            assert await tx.fetchval(Statement("SELECT session_user")) == "hikiate_test_login"
            assert await tx.fetchval(Statement("SELECT current_user")) == "hikiate_app"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with own.write() as tx:
                await tx.connection.execute("RESET ROLE; UPDATE stock SET on_hand = 99")
    finally:
        await own.close()
        async with db.write() as tx:
            await tx.connection.execute(f"{AS_OWNER}; DROP ROLE hikiate_test_login")


async def test_rights_that_were_lost_are_given_again(db: Database) -> None:
    """As after a restore of a dump on a server that does not know the role."""
    async with db.write() as tx:
        await tx.connection.execute(f"{AS_OWNER}; REVOKE ALL ON ledger FROM hikiate_app")
    bare = await Database.open(db.dsn)
    assert bare.role is None
    await bare.close()
    assert not await migrate(db.dsn)
    again = await Database.open(db.dsn)
    assert again.role == "hikiate_app"
    await again.close()
