"""A batch of requests for units in one round trip: PostgreSQL decides by the function `hold_batch`."""

from collections.abc import Sequence
from typing import Any, Final

from app.inventory.model import Claim, Demand, HoldRequest, Shortage, Verdict
from app.inventory.model.selling import StockKey
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_HOLD_BATCH: Final = Statement("""
    SELECT * FROM hold_batch(
        CAST(:kinds AS text[]), CAST(:owners AS uuid[]), CAST(:expires AS timestamptz[]), CAST(:reasons AS text[]),
        CAST(:extendables AS timestamptz[]), CAST(:partials AS boolean[]), CAST(:actors AS text[]),
        CAST(:line_requests AS int[]), CAST(:line_nos AS int[]), CAST(:variants AS bigint[]),
        CAST(:quantities AS int[]), CAST(:splits AS boolean[]),
        CAST(:candidate_lines AS int[]), CAST(:candidate_keys AS int[]),
        CAST(:key_variants AS bigint[]), CAST(:key_locations AS int[]))
""")
_IS_THERE: Final = Statement("SELECT EXISTS (SELECT FROM pg_proc WHERE proname = 'hold_batch')")


async def hold_accelerated(tx: WriteTx, requests: Sequence[HoldRequest], *, actor: str) -> list[Verdict]:
    """The verdicts on all requests, whose claims are held now."""
    lines = [(number, demand) for number, request in enumerate(requests, 1) for demand in request.demands]
    keys = sorted({(demand.variant_id, place) for _, demand in lines for place in demand.candidates})
    row = await tx.fetchrow(
        _HOLD_BATCH,
        kinds=[request.owner_kind for request in requests],
        owners=[request.owner_id for request in requests],
        expires=[request.expires_at for request in requests],
        reasons=[request.reason for request in requests],
        extendables=[request.extendable_until for request in requests],
        partials=[request.partial for request in requests],
        actors=[request.actor or actor for request in requests],
        line_requests=[number for number, _ in lines],
        line_nos=[demand.line_no for _, demand in lines],
        variants=[demand.variant_id for _, demand in lines],
        quantities=[demand.quantity for _, demand in lines],
        splits=[demand.may_split for _, demand in lines],
        **_candidates(lines, keys),
    )
    assert row is not None  # noqa: S101  # a function with OUT parameters gives one row
    if row["got_line"]:
        tx.published += 1
    return _verdicts(row, len(requests), lines, keys)


async def is_accelerated(tx: ReadTx) -> bool:
    """Whether this database has the function."""
    return bool(await tx.fetchval(_IS_THERE))


def _candidates(lines: Sequence[tuple[int, Demand]], keys: Sequence[StockKey]) -> dict[str, list[int]]:
    places = {key: number for number, key in enumerate(keys, 1)}
    # A place that is named twice counts once, where it comes first.
    candidates = [
        (number, places[demand.variant_id, place])
        for number, (_, demand) in enumerate(lines, 1)
        for place in dict.fromkeys(demand.candidates)
    ]
    return {
        "candidate_lines": [line for line, _ in candidates],
        "candidate_keys": [key for _, key in candidates],
        "key_variants": [variant_id for variant_id, _ in keys],
        "key_locations": [location_id for _, location_id in keys],
    }


def _verdicts(row: Row, count: int, lines: Sequence[tuple[int, Demand]], keys: Sequence[StockKey]) -> list[Verdict]:
    claims: list[list[Claim]] = [[] for _ in range(count)]
    shortages: list[list[Shortage]] = [[] for _ in range(count)]
    for number, *claim in _zipped(
        row, "held_request", "held_line_no", "held_variant", "held_location", "held_quantity"
    ):
        claims[number - 1].append(Claim(*claim))
    for line, key, quantity in _zipped(row, "got_line", "got_key", "got_quantity"):
        number, demand = lines[line - 1]
        claims[number - 1].append(Claim(demand.line_no, demand.variant_id, keys[key - 1][1], quantity))
    for line, available in _zipped(row, "short_line", "short_available"):
        number, demand = lines[line - 1]
        shortages[number - 1].append(Shortage(demand.line_no, demand.variant_id, demand.quantity, available))
    return [Verdict(tuple(taken), tuple(missing)) for taken, missing in zip(claims, shortages, strict=True)]


def _zipped(row: Row, *names: str) -> Any:
    return zip(*(row[name] or () for name in names), strict=False)
