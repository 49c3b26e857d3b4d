"""Connections and transactions. The only module that commits.

`Database.read()` gives a connection that PostgreSQL itself keeps read-only, without a BEGIN and COMMIT around
single statements; `Database.write()` gives a transaction. Both run `Statement`s and return `Row`s.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Final, Literal, TypeAlias, TypeVar

import asyncpg

from app.kit.groups import MOST, A, Group, R, Work
from app.kit.json_values import set_json_codec
from app.kit.lending import Lender, Loan
from app.kit.reference import Reference
from app.kit.roles import application_role, role_settings
from app.kit.row import Row
from app.kit.statement import Statement
from app.kit.tables import TELLING
from app.kit.transactions import ReadTx, WriteTx

__all__ = ["Database", "ReadTx", "Row", "WriteTx", "is_database", "is_retryable", "may_be_sent_again"]

T = TypeVar("T")
Isolation: TypeAlias = Literal["read_committed", "repeatable_read"]

# Serialization failure, deadlock, lock not available, shutdown by an administrator, connection trouble:
# the same work may be sent again, with the same idempotency key.
RETRYABLE: Final = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "08")
# Of these, the ones with which PostgreSQL itself says that nothing was kept, whenever they come.
ROLLED_BACK: Final = ("40001", "40P01", "55P03")
RETRIES: Final = 5
# Rows of one request are locked by somebody: the others of a batch need not wait for that.
LOCKED: Final = "55P03"
# A statement ran into `statement_timeout`.
TIMED_OUT: Final = "57014"
# A group's batches are short, and many wait behind each.
_LANE_SETTINGS: Final = {
    "lock_timeout": "1s",
    "statement_timeout": "2s",
    # All its statements take arrays, of another length each time, for which PostgreSQL would plan anew.
    "plan_cache_mode": "force_generic_plan",
    # All of them look for keys. Of a table that is empty when a plan is made, as each new period of answers is, the
    # planner would have every row read for every key, and the plan is kept until the table is counted again.
    "enable_seqscan": "off",
    "jit": "off",
}
# What a connection that broke raises, in whatever state it was: the last is what the driver says when it broke
# between two messages.
CONNECTION_TROUBLE: Final = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_GROWN_TABLES: Final = """
    SELECT oid::regclass::text AS name FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'm')
       AND pg_relation_size(oid) > 10 * current_setting('block_size')::int
     ORDER BY name
"""


class Database:
    """Pools on one PostgreSQL, and the rules of its transactions."""

    def __init__(self, dsn: str, read_pool: Any, write_pool: Any, lane_pool: Any, *, role: str | None = None) -> None:
        self.dsn = dsn
        self.role = role
        """Whose rights the connections have, when not those of who connects: see `app.kit.roles`."""
        self.accelerated = True
        """See `WriteTx`."""
        self.reference = Reference()
        """What rarely changes and is asked for by every request, kept in this process while a feed listens."""
        self._readers = Lender(read_pool, self, read_pool.get_max_size())
        self._read_pool = read_pool
        self._write_pool = write_pool
        self._lane_pool = lane_pool
        self._groups: dict[Any, Group[Any, Any]] = {}
        self.observe: Callable[[Statement], None] | None = None
        """Called with each statement before it runs: for tests that count, and for explanations."""
        self.after_publish: Callable[[], None] | None = None
        """Called after each commit that published events."""

    @classmethod
    async def open(
        cls, dsn: str, *, read_connections: int = 8, write_connections: int = 8, lane_connections: int = 4
    ) -> "Database":
        """Connect. Raises OSError or asyncpg.PostgresError when that fails.

        lane_connections: for the lanes of groups, so that they never wait for other transactions; made when needed.
        """
        role = await application_role(dsn)
        rights = role_settings(role)
        read_pool = await _pool(dsn, read_connections, {"default_transaction_read_only": "on", **rights})
        try:
            write_pool = await _pool(dsn, write_connections, {"lock_timeout": "10s", **rights})
            lane_pool = await _pool(dsn, lane_connections, {**_LANE_SETTINGS, **rights}, least=0)
        except BaseException:
            await read_pool.close()
            raise
        return cls(dsn, read_pool, write_pool, lane_pool, role=role)

    async def close(self) -> None:
        """Close both pools; statements under way are given five seconds."""
        for group in self._groups.values():
            await group.close()
        await self._readers.close()
        for pool in (self._read_pool, self._write_pool, self._lane_pool):
            try:
                await asyncio.wait_for(pool.close(), 5)
            except TimeoutError:
                pool.terminate()

    def read(self, *, generic: bool = False) -> Loan:
        """A read-only connection for `async with`; each statement sees its own snapshot of committed data.

        generic: whether the first statement is of that kind: there may be a connection that is ready for it.
        """
        return Loan(self._readers, generic=generic)

    @asynccontextmanager
    async def read_snapshot(self) -> AsyncGenerator[ReadTx, None]:
        """A read-only transaction in which all statements see the same snapshot."""
        async with self.read() as tx, tx.connection.transaction(isolation="repeatable_read", readonly=True):
            generic, tx.is_generic = tx.is_generic, None
            yield tx
            tx.is_generic = generic

    @asynccontextmanager
    async def write(
        self, *, in_lane: bool = False, isolation: Isolation = "read_committed"
    ) -> AsyncGenerator[WriteTx, None]:
        """One transaction: commits when the block ends, rolls back when it raises.

        in_lane: on a connection for the lanes of groups, where a statement may wait a second for a lock and run for
        two.
        """
        async with (self._lane_pool if in_lane else self._write_pool).acquire() as connection:
            tx = WriteTx(connection, self.observe)
            tx.accelerated = self.accelerated
            try:
                async with connection.transaction(isolation=isolation):
                    yield tx
            finally:
                # Whatever became of it: after a lost connection nobody knows whether it was committed.
                if tx.written:
                    self.reference.forget(tx.written)
        if (tx.published or not TELLING.isdisjoint(tx.written)) and self.after_publish is not None:
            self.after_publish()

    async def in_write(self, work: Callable[[WriteTx], Awaitable[T]], *, is_repeatable: bool = True) -> T:
        """Run `work` in one transaction, again from its start when PostgreSQL asks for a retry.

        `work` must keep all its effects in the transaction. A lost connection during COMMIT leaves the outcome
        unknown; that is retried too, unless `is_repeatable` is False: then the error is raised, and the caller has
        to look. Repeatable is work that finds its own traces, such as a claimed idempotency key.
        """
        return await self._again(self.write, work, RETRYABLE, is_repeatable=is_repeatable)

    async def in_lane(self, work: Callable[[WriteTx], Awaitable[T]], *, is_batch: bool) -> T:
        """Like `in_write`, on a connection for lanes. is_batch: a lock that cannot be had is not waited for again."""
        retryable = tuple(state for state in RETRYABLE if state != LOCKED) if is_batch else RETRYABLE
        return await self._again(partial(self.write, in_lane=True), work, retryable)

    async def _again(
        self,
        write: Callable[[], AbstractAsyncContextManager[WriteTx]],
        work: Callable[[WriteTx], Awaitable[T]],
        retryable: tuple[str, ...],
        *,
        is_repeatable: bool = True,
    ) -> T:
        for attempt in range(RETRIES):
            is_committing = False
            try:
                async with write() as tx:
                    result = await work(tx)
                    is_committing = True
                return result
            except (asyncpg.PostgresError, *CONNECTION_TROUBLE) as error:
                is_unknown = is_committing and getattr(error, "sqlstate", None) not in ROLLED_BACK
                is_last = attempt == RETRIES - 1 or not is_retryable(error, retryable)
                if is_last or (is_unknown and not is_repeatable):
                    raise
                await asyncio.sleep(random.uniform(0.005, 0.05) * (attempt + 1))  # noqa: S311  # jitter, no secret
        raise AssertionError  # the loop returns or raises

    def group(self, work: Work[R, A], *, apart: Hashable = None, lanes: int = 1, most: int = MOST) -> Group[R, A]:
        """The group of this process for a work, which is a function of a module: made when it is first asked for.

        apart: requests with different ones never share a transaction, such as those of different actors.
        """
        found = self._groups.get((work, apart))
        if found is None:
            found = self._groups[work, apart] = Group(self, work, lanes=lanes, most=most)
        return found

    def group_counts(self) -> list[tuple[str, int, int]]:
        """The name of its work, the batches and the requests of each group."""
        return [(f"{w.__module__}.{w.__qualname__}", g.batches, g.requests) for (w, _), g in self._groups.items()]

    def pool_use(self) -> dict[tuple[str, str], float]:
        """How many connections each pool has, by pool and state: busy, idle (ready to be lent), most (allowed)."""
        found: dict[tuple[str, str], float] = {}
        for name, pool in (("read", self._read_pool), ("write", self._write_pool), ("lane", self._lane_pool)):
            idle = pool.get_idle_size() + (self._readers.idle if name == "read" else 0)
            found[name, "busy"], found[name, "idle"] = pool.get_size() - idle, idle
            found[name, "most"] = pool.get_max_size()
        return found

    def is_unavailable(self, error: BaseException) -> bool:
        """Whether an error means that the database cannot answer now, whatever it is asked."""
        return is_retryable(error) and getattr(error, "sqlstate", None) != LOCKED

    async def refresh_statistics(self) -> None:
        """Tell the planner what the tables hold; after a bulk load it would read whole tables for a few rows.

        Tables that are small yet are left out: of a table that nobody has counted the planner expects that it grows,
        while plans for one that is known to be empty read it from end to end, for as long as a connection keeps them.
        """
        # As whoever connects: before PostgreSQL 17 only the owner of a table may have it counted.
        connection: Any = await asyncpg.connect(self.dsn)
        try:
            tables = await connection.fetch(_GROWN_TABLES)
            if tables:
                await connection.execute("ANALYZE " + ", ".join(table["name"] for table in tables))
        finally:
            await connection.close()

    @asynccontextmanager
    async def listening_connection(self) -> AsyncGenerator[Any, None]:
        """A connection of its own, outside the pools, for LISTEN."""
        connection = await asyncpg.connect(self.dsn, record_class=Row, server_settings=role_settings(self.role))
        try:
            yield connection
        finally:
            await connection.close(timeout=2)


def is_retryable(error: BaseException, states: tuple[str, ...] = RETRYABLE) -> bool:
    """Whether the same transaction may succeed when it is sent again."""
    if isinstance(error, CONNECTION_TROUBLE):
        return True
    return isinstance(error, asyncpg.PostgresError) and str(getattr(error, "sqlstate", "")).startswith(states)


def may_be_sent_again(error: BaseException) -> bool:
    """Whether whoever asked may ask the same once more: also where a statement took longer than it may, of which
    nothing is kept. It is not tried again here: the database has too much to do.
    """
    return is_retryable(error, (*RETRYABLE, TIMED_OUT))


def is_database(error: BaseException) -> bool:
    """Whether the database or the way to it is the cause, and not a mistake of ours."""
    return isinstance(error, (asyncpg.PostgresError, *CONNECTION_TROUBLE))


async def _pool(dsn: str, size: int, settings: Mapping[str, str], *, least: int = 1) -> Any:
    return await asyncpg.create_pool(
        dsn,
        min_size=least,
        max_size=size,
        record_class=Row,
        init=set_json_codec,
        reset=_keep_connection,
        statement_cache_size=2048,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,
        server_settings={
            "application_name": "hikiate",
            "timezone": "UTC",
            "idle_in_transaction_session_timeout": "30s",
            "statement_timeout": "60s",
            # Of a disk without heads, and of what is in memory; with PostgreSQL's 4, tables of a few pages are read
            # from end to end, and plans for them are kept while they grow.
            "random_page_cost": "1.1",
            **settings,
        },
    )


async def _keep_connection(connection: Any) -> None:
    """No session state is ever set, so the driver's reset round trip on release is not needed."""
