"""Statements on one connection, one at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import Any, Final

from app.kit.row import Row
from app.kit.statement import Statement

# Whether the connection plans once for all values: see `Statement`.
_SET_PLANS: Final = {
    True: "SET plan_cache_mode = force_generic_plan",
    False: "SET plan_cache_mode = auto",
}
_MARK: Final = Statement("SAVEPOINT mark")
_RETURN: Final = Statement("ROLLBACK TO SAVEPOINT mark")


class ReadTx:
    """Runs statements on one connection, one at a time: concurrent callers queue for it.

    is_generic: how the connection plans at present. None: that is left alone, as inside of transactions.
    """

    is_generic: bool | None = None

    def __init__(self, connection: Any, observe: Callable[[Statement], None] | None = None) -> None:
        self.connection = connection
        self.observe = observe
        self.uses = 0
        """How often the connection was lent, counted by who lends it."""
        self._is_taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def fetch(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows."""
        return await self._run("fetch", statement, values, record_class=statement.row)

    async def fetch_planned(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows, by a plan made for these very values.

        A statement that is run often gets one plan for all values, which is ruinous where a search for a rare word
        and one for a common word want opposite plans. Costs one more round trip and the planning.
        """
        return await self._run("fetch", statement, values, is_planned=True)

    async def fetchrow(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""
        return await self._run("fetchrow", statement, values, record_class=statement.row)

    async def fetchval(self, statement: Statement, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return await self._run("fetchval", statement, values)

    async def execute(self, statement: Statement, **values: Any) -> int:
        """Run it and return how many rows it changed."""
        status: str = await self._run("execute", statement, values)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def _run(
        self, method: str, statement: Statement, values: Mapping[str, Any], *, is_planned: bool = False, **options: Any
    ) -> Any:
        arguments = statement.arguments(values)
        if self.observe is not None:
            self.observe(statement)
        if self._is_taken:
            await self._wait()
        self._is_taken = True
        try:
            generic = statement.generic and not is_planned
            if self.is_generic is not None and self.is_generic is not generic:
                await self.plan(generic=generic)
            if is_planned:
                prepared = await self.connection.prepare(statement.text, record_class=statement.row)
                return await prepared.fetch(*arguments)
            return await getattr(self.connection, method)(statement.text, *arguments, **options)
        finally:
            self._pass_on()

    async def plan(self, *, generic: bool) -> None:
        """Set how the connection plans from now on."""
        await self.connection.execute(_SET_PLANS[generic])
        self.is_generic = generic

    @property
    def is_idle(self) -> bool:
        """Whether nobody uses it or waits for it."""
        return not self._is_taken

    async def _wait(self) -> None:
        """Return when it is the caller's turn: whoever has the connection passes it on in the order of asking."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._is_taken = False


class WriteTx(ReadTx):
    """A transaction. It commits when the block of `Database.write()` ends and rolls back when that raises."""

    def __init__(self, connection: Any, observe: Callable[[Statement], None] | None = None) -> None:
        super().__init__(connection, observe)
        self.published = 0
        """Number of outbox rows written; a positive number wakes the feed's readers after the commit."""
        self.accelerated = True
        """Whether functions of this database may be called where there is a portable form, too."""
        self.written: set[str] = set()
        """The tables that its statements name as written."""
        self._published_before = 0

    async def _run(self, method: str, statement: Statement, values: Mapping[str, Any], **options: Any) -> Any:
        if statement.writes:
            self.written |= statement.writes
        return await super()._run(method, statement, values, **options)

    async def mark(self) -> None:
        """Remember this moment of the transaction, in place of an earlier one: see `return_to_mark`."""
        await self.execute(_MARK)
        self._published_before = self.published

    async def return_to_mark(self) -> None:
        """Undo all that was done since `mark`, and give up the locks that were taken since."""
        await self.execute(_RETURN)
        self.published = self._published_before

    async def copy_csv(self, table: str, columns: Iterable[str], source: AsyncIterable[bytes]) -> int:
        """Load rows of CSV text in UTF-8 with COPY; returns how many."""
        self.written.add(table)
        schema, _, name = table.rpartition(".")
        status: str = await self.connection.copy_to_table(
            name, schema_name=schema or None, source=source, columns=list(columns), format="csv", timeout=None
        )
        return int(status.rpartition(" ")[2])
