"""One client process of the API: many callers at once, each of whom asks again until there is an answer."""

import argparse
import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
import strawberry

from app.inventory.actions.look_again import fruitful_looks, look_again
from app.inventory.model import HoldRequest, Verdict
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database, WriteTx, is_retryable
from app.kit.graphql.context import Context
from app.kit.graphql.payload import Outcome, Payload, commit, commit_in_group
from app.kit.permissions import Actor, ActorKind
from app.kit.twins import on_its_way
from tests.chaos.journal import ENOUGH, Journal, Request, Told, read_journals
from tests.chaos.operations import ACTOR, hold_request, keyed_hold, promise, told_claims
from tests.chaos.shipments import OPERATIONS
from tests.chaos.wishes import Shelves, Wishes

_ACTOR: Final = Actor(ActorKind.STAFF, ACTOR)
_CONFIG: Final = Config(secret_key=b"only for tests, never in a shop!")
# So often a request is sent again while the database is away, a twentieth of a second apart.
_PATIENCE: Final = 2_000
LANES: Final = 2


@strawberry.type(description="The answer to a request of a client.")
class Answer(Payload):
    """answer: JSON."""

    answer: strawberry.Private[Any] = None


async def answer(db: Database, request: Request) -> Told:
    """The answer to one request. Raises what the database raises."""
    now = utc_now() + timedelta(seconds=request.body["jump"])
    if request.operation == "promise":
        wanted = hold_request(request.body, now)
        with on_its_way(db, wanted.owner_id) as sent:
            since = fruitful_looks(db)
            verdict = await _promised(db, wanted)
            short = [one.variant_id for one in verdict.shortages]
            if short and (await look_again(db, short, now=now, since=since) or sent.has_twin):
                verdict = await _promised(db, wanted)
        kind = "done" if verdict.claims else "refused"
        return Told(request.key, request.operation, kind, told_claims(verdict) or "INSUFFICIENT_STOCK")
    context = Context(db=db, config=_CONFIG, actor=_ACTOR, now=now, language="ja", channel="web")
    words = {"operation": request.operation, "key": request.key, "body": request.body}
    if request.operation == "hold":
        lane = request.body["lines"][0]["variant"]
        group = db.group(keyed_hold, lanes=LANES)
        payload = await commit_in_group(context, Answer, group, hold_request(request.body, now), **words, lane=lane)
    else:

        async def work(tx: WriteTx) -> Outcome:
            return Outcome({"answer": await OPERATIONS[request.operation](tx, request.body, now)})

        payload = await commit(context, Answer, work, **words)
    if payload.user_errors:
        return Told(request.key, request.operation, "refused", payload.user_errors[0].code.value)
    return Told(request.key, request.operation, "done", payload.answer)


async def _promised(db: Database, request: HoldRequest) -> Verdict:
    lane = request.demands[0].variant_id
    return await db.group(promise, lanes=LANES).ask(request, identity=request.owner_id, lane=lane)


class Client:
    """The callers of a process, who share its pools and its groups."""

    def __init__(self, db: Database, journal: Journal, wishes: Wishes, chance: random.Random, *, enough: Path) -> None:
        self._db, self._journal, self._wishes, self._chance = db, journal, wishes, chance
        self._enough = enough
        self.left = 0
        """Requests that are still to be made."""

    async def call(self) -> None:
        """One caller, until all requests are made and all has broken that was to break."""
        while self.left > 0 or not self._enough.exists():
            request = self._wishes.next()
            is_double = self._chance.random() < 0.03
            self.left -= 1 + is_double
            await asyncio.gather(*(self.ask(request) for _ in range(1 + is_double)))

    async def ask(self, request: Request) -> None:
        """Returns when the answer is in the journal."""
        self._journal.send(request)
        for _ in range(_PATIENCE):
            try:
                told = await answer(self._db, request)
            except Exception as error:  # noqa: BLE001  # whatever comes is written down
                state = str(getattr(error, "sqlstate", None) or type(error).__name__)
                if is_retryable(error) or isinstance(error, (asyncpg.QueryCanceledError, TimeoutError)):
                    self._journal.trouble(state)
                    await asyncio.sleep(self._chance.uniform(0.02, 0.08))
                    continue
                told = Told(request.key, request.operation, "broken", f"{state}: {error!r}")
            await self._journal.tell(told)
            self._wishes.learn(request, told)
            return
        await self._journal.tell(Told(request.key, request.operation, "broken", "No answer."))


async def run(options: argparse.Namespace) -> None:
    """Ask anew what a killed predecessor got no answer to, then the rest."""
    folder: Path = options.folder
    path = folder / f"client-{options.number}.journal"
    before = read_journals([path]) if path.exists() else None
    ground = orjson.loads((folder / "shelves.json").read_bytes())
    chance = random.Random(f"{options.seed} {options.number} {len(before.sent) if before else 0}")
    db = await _open(options.dsn)
    client = Client(db, Journal(path), Wishes(Shelves(**ground), chance), chance, enough=folder / ENOUGH)
    client.left = options.requests - (len(before.sent) if before else 0)
    if before is not None:
        await asyncio.gather(*(client.ask(request) for request in before.unanswered()))
    await asyncio.gather(*(client.call() for _ in range(options.callers)))
    await db.close()


async def _open(dsn: str) -> Database:
    for _ in range(_PATIENCE):
        try:
            return await Database.open(dsn, read_connections=2, write_connections=8)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(0.05)
    raise TimeoutError


def main() -> None:
    """Run as a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    for name in ("--number", "--requests", "--callers", "--seed"):
        parser.add_argument(name, type=int, required=True)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
