"""Reads of stock that must not grow with the shop: 20 million rows, 5,000 locations."""

import asyncio
import contextlib
import random
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from app.channels.actions.save_channel import save_channel
from app.inventory.graphql.availability import availability_by_variant
from app.inventory.sql.availability import FREE
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database, WriteTx
from app.kit.embedded import create_database
from app.kit.feed import Feed
from app.kit.graphql.context import Context
from app.kit.migrations import migrate
from app.kit.permissions import SHOPPER
from app.kit.statement import Statement
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.graphql.batches import CoordinatesInput, NearInput
from app.locations.model import LocationDraft, LocationKind, Point
from bench.fresh_database import NAME, fresh_database
from bench.inventory.registry import Options
from bench.record import Table

SEED: Final = 20261122
SKUS, PLACES, MANY = 24, 20, 5_000
SMALL, LARGE = 20_000, 20_000_000
NEARBY_VARIANTS: Final = 200
CLIENTS, WINDOW_S, ROUNDS = 4, 1.5, 7
CITIES: Final = ((35.68, 139.76, 40), (34.69, 135.50, 18), (35.17, 136.90, 10), (43.06, 141.35, 6), (33.59, 130.40, 8))
PAGE: Final = frozenset({"available", "locations", "locations.location_id", "locations.available"})
NEAREST: Final = frozenset({"locations", "locations.location_id", "locations.available", "locations.distance_km"})
_BY_KEY: Final = Statement(
    f"""
    SELECT s.variant_id, s.location_id, {FREE} AS available FROM stock AS s
     WHERE s.variant_id = :variant_id AND s.location_id = ANY(CAST(:location_ids AS int[]))
""",  # noqa: S608  # a piece of ours
    generic=True,
)


@dataclass(frozen=True)
class Row:
    """A row of the table of targets: what was measured against what."""

    name: str
    figures: list[tuple[str, str]]
    ratio: float
    target: float = 0.5


Work = Callable[[], Awaitable[Any]]


async def rate(work: Work) -> float:
    """Calls a second of so many clients, each waiting for its answer."""
    until = time.perf_counter() + WINDOW_S
    done = 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await work()
            done += 1

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return done / (time.perf_counter() - start)


async def compare(works: Sequence[Work]) -> list[list[float]]:
    """The rates of each, taken in turns; the first turn is not counted."""
    rounds = [[await rate(work) for work in works] for _ in range(ROUNDS + 1)][1:]
    return [list(column) for column in zip(*rounds, strict=True)]


def ratio_of(upper: Sequence[float], lower: Sequence[float]) -> float:
    """The median over the rounds."""
    return statistics.median(one / other for one, other in zip(upper, lower, strict=True))


def _spots(choose: random.Random, count: int) -> list[tuple[float, float]]:
    """Where shops and their customers are: around large cities."""
    cities = choose.choices(CITIES, [weight for *_, weight in CITIES], k=count)
    return [(choose.gauss(latitude, 0.25), choose.gauss(longitude, 0.25)) for latitude, longitude, _ in cities]


async def _open_places(tx: WriteTx, spots: Sequence[tuple[float, float]]) -> None:
    drafts = [
        LocationDraft(f"STORE-{number}", LocationKind.STORE, {"ja": f"第{number}店"}, Point.read(*spot), prefecture=13)
        for number, spot in enumerate(spots, 1)
    ]
    ids = await save_locations(tx, drafts)
    names = {"ja": "全店", "en": "All stores"}
    group_id = await save_location_group(tx, code="all", names=names, location_ids=sorted(ids.values()))
    await save_channel(
        tx, code="web", names=names, currency="JPY", languages=["ja"], location_group_id=group_id,
        payment_methods=["CARD"], shipping_fee_minor=0, free_shipping_from_minor=None,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def shop(db: Database, spots: Sequence[tuple[float, float]], rows: str) -> AsyncGenerator[Context, None]:
    """A shop with places, and stock from a SELECT of variant_id, location_id, on_hand; without a ledger.

    Triggers and keys are off while it is filled, as only a superuser may and only a benchmark should.
    """
    await db.in_write(lambda tx: _open_places(tx, spots))
    connection = await asyncpg.connect(db.dsn)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET maintenance_work_mem = '512MB'")
        keys = await connection.fetch(
            """SELECT indexdef FROM pg_indexes WHERE tablename = 'stock' AND indexname <> 'pk_stock'"""
        )
        await connection.execute("ALTER TABLE stock DROP CONSTRAINT pk_stock; DROP INDEX ix_stock_location_id")
        await connection.execute("ALTER TABLE stock SET UNLOGGED")
        await connection.execute(f"INSERT INTO stock (variant_id, location_id, on_hand) {rows}", timeout=600)
        await connection.execute(
            "ALTER TABLE stock ADD CONSTRAINT pk_stock PRIMARY KEY (variant_id, location_id)", timeout=600
        )
        for key in keys:
            await connection.execute(key["indexdef"], timeout=600)
        await connection.execute("VACUUM (FREEZE, ANALYZE) stock", timeout=600)
    finally:
        await connection.close()
    feed = Feed(db)
    await feed.start()
    try:
        while not db.reference.is_on:  # noqa: ASYNC110  # it turns on by a notification
            await asyncio.sleep(0.05)
        config = Config(secret_key=b"only for benchmarks, never a shop")
        yield Context(db=db, config=config, actor=SHOPPER, now=utc_now(), language="ja", channel="web")
    finally:
        await feed.close()


@contextlib.asynccontextmanager
async def beside(db: Database, name: str) -> AsyncGenerator[Database, None]:
    """Another migrated database on the same server."""
    dsn = await create_database(db.dsn, f"{NAME}_{name}")
    await migrate(dsn)
    other = await Database.open(dsn)
    try:
        yield other
    finally:
        await other.close()
        connection = await asyncpg.connect(db.dsn)
        await connection.execute(f'DROP DATABASE "{NAME}_{name}" WITH (FORCE)')
        await connection.close()


async def many_rows(db: Database, large: int = LARGE) -> Row:
    """24 random SKUs at 20 locations of 20 million rows against the same of 20 thousand."""
    choose = random.Random(SEED)  # noqa: S311  # no secret
    spots = _spots(choose, PLACES)

    def filling(rows: int) -> str:
        return f"""SELECT v, l.id, (v * 7 + l.id * 13) % 40 FROM generate_series(1, {rows // PLACES}) AS v,
            (SELECT id FROM locations WHERE kind = 'STORE' ORDER BY id) AS l ORDER BY v, l.id"""  # noqa: S608

    def page(context: Context, rows: int) -> Work:
        async def read() -> None:
            keys = choose.sample(range(1, rows // PLACES + 1), SKUS)
            found = await availability_by_variant(context, keys, PAGE, first=PLACES)
            assert len(found) == SKUS

        return read

    async with beside(db, "large") as other, shop(db, spots, filling(SMALL)) as few:
        start = time.perf_counter()
        async with shop(other, spots, filling(large)) as many:
            loading = time.perf_counter() - start
            lower, upper = await compare([page(few, SMALL), page(many, large)])
    return Row(
        f"{large:,} stock rows: availability of {SKUS} SKUs x {PLACES} locations, ÷ the same at {SMALL:,} rows",
        [
            (f"at {SMALL:,} rows, reads/s", f"{statistics.median(lower):,.0f}"),
            (f"at {large:,} rows, reads/s", f"{statistics.median(upper):,.0f}"),
            ("filling the large one, s", f"{loading:.0f}"),
        ],
        ratio_of(upper, lower),
    )


async def near_places(db: Database, places: int = MANY) -> Row:
    """The nearest 5 places with units of 5,000, for common and for rare SKUs, against reading these rows by key."""
    choose = random.Random(SEED)  # noqa: S311  # no secret
    filling = f"""SELECT v, l.id, CASE WHEN v <= {NEARBY_VARIANTS}
               THEN CASE WHEN abs(hashint8(v * 100003 + l.id)) % 10 < 3 THEN 5 ELSE 0 END
               ELSE CASE WHEN (v * 104729 + l.id * 7919) % 500 = 0 THEN 5 ELSE 0 END END
          FROM generate_series(1, {2 * NEARBY_VARIANTS}) AS v,
               (SELECT id FROM locations WHERE kind = 'STORE' ORDER BY id) AS l ORDER BY v, l.id"""  # noqa: S608
    points = _spots(choose, 2_000)
    async with beside(db, "nearby") as other, shop(other, _spots(choose, places), filling) as context:

        async def nearest(variant_id: int, point: tuple[float, float]) -> Sequence[Any]:
            near = NearInput(coordinates=CoordinatesInput(latitude=point[0], longitude=point[1]))
            found = await availability_by_variant(context, [variant_id], NEAREST, near=near, first=5)
            return found[variant_id].locations

        async def questions(first_variant: int) -> list[tuple[int, tuple[float, float], list[int]]]:
            asked: list[tuple[int, tuple[float, float], list[int]]] = []
            for point in points:
                variant_id = first_variant + choose.randrange(NEARBY_VARIANTS)
                asked.append((variant_id, point, [level.location_id for level in await nearest(variant_id, point)]))
                assert len(asked[-1][2]) == 5
            return asked

        def finding(asked: list[tuple[int, tuple[float, float], list[int]]]) -> Work:
            async def find() -> None:
                variant_id, point, _ = choose.choice(asked)
                await nearest(variant_id, point)

            return find

        def by_key(asked: list[tuple[int, tuple[float, float], list[int]]]) -> Work:
            async def read() -> None:
                variant_id, _, location_ids = choose.choice(asked)
                await context.fetch(_BY_KEY, variant_id=variant_id, location_ids=location_ids)

            return read

        common, rare = await questions(1), await questions(1 + NEARBY_VARIANTS)
        keyed, near, seldom = await compare([by_key(common), finding(common), finding(rare)])
    median = statistics.median
    return Row(
        f"nearest 5 locations with stock, of {places:,}, ÷ primary-key reads of the same rows",
        [
            ("the rows by their keys, reads/s", f"{median(keyed):,.0f}"),
            ("SKU in 30 % of the locations, reads/s", f"{median(near):,.0f}"),
            ("SKU in 0.2 % of the locations, reads/s", f"{median(seldom):,.0f}"),
            ("the latter ÷ reads by key", f"{ratio_of(seldom, keyed):.2f}"),
        ],
        ratio_of(near, keyed),
    )


async def measure(row: str, _options: Options) -> list[Table]:
    """In process, through the relation `availability` as the executor calls it; windows of its own."""
    async with fresh_database() as db:
        found = await (near_places if row == "nearest" else many_rows)(db)
    ratio = f"{found.ratio:.2f}" if found.ratio >= found.target else f"**{found.ratio:.2f}**"
    figures = [*found.figures, (f"ratio (at least {found.target}); {CLIENTS} clients, in process", ratio)]
    return [Table(figures, (found.name, ""))]
