"""One operation on a WebSocket: its run, and what it says."""

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError, OperationType

from app.engine.faults import masked
from app.engine.host import Unauthenticated
from app.engine.hub import Answer, Subscribed
from app.engine.messages import complete_of, error_of, head_of
from app.engine.persisted import request_of
from app.engine.prepared import Prepared
from app.engine.request import Refused

if TYPE_CHECKING:
    from app.engine.websocket import Connection

log = logging.getLogger(__name__)

# Under which a shared answer keeps the end of its message, after the id.
_TAIL: Final = "graphql-transport-ws"


class Operation:
    """One id that is in use. To the hub it is a subscriber."""

    __slots__ = ("_caller", "_connection", "_head", "_id", "_is_over", "_may_be_broken_off", "_subscribed", "_task")

    def __init__(self, connection: "Connection", id: str) -> None:
        self._connection = connection
        self._id = id
        self._caller: Any = None
        self._head = head_of(id)
        self._subscribed: Subscribed | None = None
        self._task: asyncio.Task[None] | None = None
        self._may_be_broken_off = True
        self._is_over = False
        connection.endpoint.counts.operations += 1

    def start(self, payload: dict[str, Any]) -> None:
        """Run what a `subscribe` message asks for."""
        self._task = asyncio.get_running_loop().create_task(self._run(payload))
        self._connection.work(self._task)

    def stop(self) -> None:
        """Nobody wants to hear more of it. A mutation that runs is run to its end."""
        self._end()
        self._connection.outlet.discard(self)
        if self._task is not None and self._may_be_broken_off:
            self._task.cancel()

    def next(self, answer: Answer) -> None:
        """Send an answer; its text is made once for all who get it, but for the id."""
        if self._is_over:
            return
        message = {"type": "websocket.send", "text": self._head + answer.framed(_TAIL, _tail_of)}
        self._connection.outlet.put(message, len(answer.payload), owner=self, key=answer.key)

    def complete(self) -> None:
        """Nothing more will come."""
        self._finish(complete_of(self._id))

    def error(self, errors: Iterable[GraphQLError]) -> None:
        """It could not run, or broke off."""
        self._finish(error_of(self._id, errors))

    def is_of_another(self, caller: Any) -> bool:
        """Whether it is a subscription that began with another caller than this one."""
        return self._subscribed is not None and self._caller != caller

    async def room(self) -> None:
        """Wait until nothing waits on the connection."""
        await self._connection.outlet.room()

    def _finish(self, text: str) -> None:
        if self._is_over:
            return
        self._end()
        self._connection.operations.pop(self._id, None)
        self._connection.say(text)

    def _end(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._connection.endpoint.counts.operations -= 1
        if self._subscribed is not None:
            self._subscribed.close()
            self._subscribed = None

    async def _run(self, payload: dict[str, Any]) -> None:
        try:
            caller = self._caller = await self._connection.identify()
        except Unauthenticated:
            self._connection.forbid()
            return
        except Exception as error:  # whatever it is, there is nobody else to tell
            self._connection.fail(error)
            return
        try:
            await self._answer(caller, payload)
        except Refused as refused:
            self.error(refused.errors)
        except Exception as error:
            if self._connection.endpoint.host.is_unavailable(error):
                self._connection.fail(error)
                return
            self.error([masked(error, "in an operation on a WebSocket", is_unavailable=False)])
        finally:
            self._task = None

    async def _answer(self, caller: Any, payload: dict[str, Any]) -> None:
        connection, endpoint = self._connection, self._connection.endpoint
        prepared = await self._prepare(payload)
        kind = prepared.operation.type
        if kind is OperationType.SUBSCRIPTION:
            async with connection.beginning:
                await self._listen(prepared, caller)
            return
        self._may_be_broken_off = kind is OperationType.QUERY
        result = await endpoint.host.engine.execute(prepared, endpoint.host.context(caller, connection.headers()))
        if not self._is_over:
            await self.room()
            self.next(Answer(result.encode()))
            self.complete()

    async def _listen(self, prepared: Prepared, caller: Any) -> None:
        """Subscribe, and wait until the beginning is handed over."""
        connection, endpoint = self._connection, self._connection.endpoint
        subscribed = await endpoint.hub.subscribe(
            prepared,
            lambda: endpoint.host.context(caller, connection.headers()),
            endpoint.host.share_key(caller, connection.headers()),
            self,
        )
        if self._is_over:
            subscribed.close()
        else:
            self._subscribed = subscribed
            await subscribed.begun()

    async def _prepare(self, payload: dict[str, Any]) -> Prepared:
        """Others have their turn in between: a hundred long documents, sent at once, must not hold up everybody."""
        connection = self._connection
        async with connection.turn:
            try:
                return connection.endpoint.host.engine.prepare(request_of(payload))
            finally:
                if len(connection.operations) > 1:
                    await asyncio.sleep(0)


def _tail_of(payload: bytes) -> str:
    return payload.decode() + "}"


def too_many(most: int) -> GraphQLError:
    """One operation too many at once."""
    message = f"A WebSocket may have {most} operations at once."
    return GraphQLError(message, extensions={"code": "TOO_MANY_OPERATIONS", "most": most})
