"""`/metrics`: figures of this process and of the shop's database for Prometheus, collected when they are asked for."""

import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.api.traffic import Traffic
from app.engine.engine import Engine
from app.engine.hub import Metrics
from app.engine.outlet import Pressure
from app.kit.checks import last_checks
from app.kit.db import Database
from app.kit.statement import Statement

_JOBS: Final = Statement("""
    SELECT status::text AS status, count(*) AS count,
           extract(epoch FROM clock_timestamp() - min(created))::float8 AS oldest_s
      FROM pgqueuer GROUP BY status
""")
_WEBHOOKS: Final = Statement("""
    SELECT status, count(*) AS count, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS oldest_s
      FROM webhook_deliveries WHERE status <> 'DELIVERED' GROUP BY status
""")
_ENDPOINTS: Final = Statement("SELECT status, count(*) AS count FROM webhook_endpoints GROUP BY status")
# Audits read once an hour; how long ago they did is a figure of its own.
_READERS: Final = Statement("""
    SELECT c.reader, coalesce(extract(epoch FROM clock_timestamp() - o.created_at), 0)::float8 AS lag_s
      FROM feed_cursors c
      LEFT JOIN LATERAL (
           SELECT created_at FROM outbox WHERE (xid, id) > (c.xid, c.id) ORDER BY xid, id LIMIT 1) o ON true
     WHERE c.reader <> 'audit'
""")
# The claims about counters: what they count is drift.
DRIFT: Final = "inventory: counters are"


class Figure(NamedTuple):
    """One gauge with a value for each set of labels."""

    name: str
    says: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


class Watched(NamedTuple):
    """What of this process is looked at."""

    db: Database
    engine: Engine
    hub: Metrics
    event_streams: Pressure
    sockets: Pressure
    traffic: Traffic


def metrics_page(watched: Watched, token: str | None, clock: Callable[[], datetime]) -> Callable[[Request], Any]:
    """The route. Without a token there is no page; with one, who does not send it as a bearer token is refused."""

    async def page(request: Request) -> Response:
        if token is None:
            return PlainTextResponse("HIKIATE_METRICS_TOKEN is not set.\n", 404)
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return PlainTextResponse("The metrics token is missing or wrong.\n", 401, {"WWW-Authenticate": "Bearer"})
        found = [*of_process(watched), *await of_database(watched.db, clock())]
        return Response(text_of(found, watched.traffic), media_type=CONTENT_TYPE_LATEST)

    return page


def of_process(watched: Watched) -> list[Figure]:
    """Counts that are kept anyway."""
    live = {(field.name,): float(getattr(watched.hub, field.name)) for field in fields(Metrics)}
    unsent = {
        (kind, field.name): float(getattr(pressure, field.name))
        for kind, pressure in (("sse", watched.event_streams), ("websocket", watched.sockets))
        for field in fields(Pressure)
    }
    batches, requests = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for name, more_batches, more_requests in watched.db.group_counts():
        batches[name,] += more_batches
        requests[name,] += more_requests
    return [
        Figure("hikiate_info", "Which version runs.", ("version",), {(version("hikiate"),): 1.0}),
        Figure("hikiate_operations", "Operations by how they were run, since the start.", ("way",),
               {(way,): count for way, count in watched.engine.counts.items()}),
        Figure("hikiate_live", "Subscriptions: what is open now, and counts since the start.", ("what",), live),
        Figure("hikiate_outlet", "What is not sent yet, or was never, to slow readers.", ("over", "what"), unsent),
        Figure("hikiate_group_batches", "Transactions of a group commit, since the start.", ("group",),
               batches),
        Figure("hikiate_group_requests", "Requests in those transactions.", ("group",),
               requests),
        Figure("hikiate_pool_connections", "Connections to PostgreSQL.", ("pool", "state"), watched.db.pool_use()),
    ]  # fmt: skip


async def of_database(db: Database, now: datetime) -> list[Figure]:
    """What all processes share."""
    async with db.read() as tx:
        jobs, readers, checks = await tx.fetch(_JOBS), await tx.fetch(_READERS), await last_checks(tx)
        webhooks, endpoints = await tx.fetch(_WEBHOOKS), await tx.fetch(_ENDPOINTS)
    broken = {(row["claim"],): float(row["broken_rows"]) for row in checks}
    found = [
        Figure("hikiate_jobs", "Background jobs.", ("status",), {(row["status"],): row["count"] for row in jobs}),
        Figure("hikiate_jobs_oldest_seconds", "How old the oldest job of a status is.", ("status",),
               {(row["status"],): row["oldest_s"] for row in jobs}),
        Figure("hikiate_outbox_lag_seconds", "How old the oldest fact is that a reader has not read.", ("reader",),
               {(row["reader"],): row["lag_s"] for row in readers}),
        Figure("hikiate_webhook_deliveries", "What waits to be sent, and what was given up.", ("status",),
               {(row["status"],): row["count"] for row in webhooks}),
        Figure("hikiate_webhook_deliveries_oldest_seconds", "How old the oldest delivery of a status is.", ("status",),
               {(row["status"],): row["oldest_s"] for row in webhooks}),
        Figure("hikiate_webhook_endpoints", "Webhook endpoints.", ("status",),
               {(row["status"],): row["count"] for row in endpoints}),
        Figure("hikiate_broken_rows", "Rows that contradict what must hold, at the last check.", ("claim",), broken),
    ]  # fmt: skip
    if checks:
        drift = sum(count for (claim,), count in broken.items() if claim.startswith(DRIFT))
        age = (now - max(row["checked_at"] for row in checks)).total_seconds()
        whole_age = (now - min(row["checked_at"] for row in checks)).total_seconds()
        found += [
            Figure("hikiate_stock_drift_rows", "Counters that differ from their ledger or holds.", (), {(): drift}),
            Figure("hikiate_check_age_seconds", "Time since the last check.", (), {(): age}),
            Figure("hikiate_whole_check_age_seconds", "Time since all was checked.", (), {(): whole_age}),
        ]
    return found


class _Figures(Collector):
    def __init__(self, figures: list[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for figure in self._figures:
            family = GaugeMetricFamily(figure.name, figure.says, labels=figure.labels)
            for labels, value in figure.values.items():
                family.add_metric(labels, value)
            yield family


def text_of(figures: list[Figure], traffic: Traffic) -> bytes:
    """As Prometheus reads them, with what it knows of a process by itself: CPU, memory, open files."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(traffic)
    ProcessCollector(registry=registry)
    registry.register(_Figures(figures))
    return generate_latest(registry)
