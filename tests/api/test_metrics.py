"""What Prometheus reads, and who may."""

from datetime import timedelta
from importlib.metadata import version

import httpx
from prometheus_client.parser import text_string_to_metric_families

from app import worker
from app.api.schema import schema
from app.api.server import Application, create_app
from app.kit.clock import utc_now
from app.kit.db import Database
from tests.conftest import CONFIG, WITHOUT_TRIGGERS
from tests.inventory.builders import stocked

TOKEN = "a token of the monitoring"  # for tests


def served(db: Database, token: str | None = TOKEN) -> Application:
    """The application, an hour from now."""
    return create_app(
        served=schema, db=db, config=CONFIG, metrics_token=token, clock=lambda: utc_now() + timedelta(hours=1)
    )


async def ask(app: Application, path: str, **options: object) -> httpx.Response:
    """One request."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request("POST" if options else "GET", path, **options)  # type: ignore[arg-type]


async def figures(app: Application) -> dict[tuple[str, ...], float]:
    """The values by name and labels."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_only_who_has_the_token_reads_them(db: Database) -> None:
    app = served(db)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
            assert (await client.get("/metrics", headers=header)).status_code == 401
    assert (await ask(served(db, None), "/metrics")).status_code == 404


async def test_counts_of_the_process_and_of_the_shop(db: Database) -> None:
    app = served(db)
    answer = await ask(app, "/graphql", json={"query": "{ channels { code } }"})
    assert answer.json() == {"data": {"channels": []}}
    async with db.write() as tx:
        await tx.connection.execute("""
            INSERT INTO outbox (topic, key, payload, created_at)
            VALUES ('x', 'k', '{}', clock_timestamp() - '60 s'::interval);
            INSERT INTO feed_cursors (reader, xid, id) VALUES ('slow', 0, 0), ('quick', 9000000000000000, 0);
            INSERT INTO pgqueuer (priority, entrypoint, status, created)
            VALUES (0, 'job', 'queued', clock_timestamp() - '30 s'::interval), (0, 'job', 'failed', now())
        """)
    found = await figures(app)
    assert found["hikiate_operations", "compiled"] == 1
    assert found["hikiate_live", "members"] == 0
    assert found["hikiate_outlet", "websocket", "queued_bytes"] == 0
    assert found["hikiate_pool_connections", "write", "most"] == 24
    assert (found["hikiate_jobs", "queued"], found["hikiate_jobs", "failed"]) == (1, 1)
    assert 30 <= found["hikiate_jobs_oldest_seconds", "queued"] < 60
    assert 60 <= found["hikiate_outbox_lag_seconds", "slow"] < 120
    assert found["hikiate_outbox_lag_seconds", "quick"] == 0
    assert not any(name[0] in {"hikiate_broken_rows", "hikiate_check_age_seconds"} for name in found)


async def test_requests_are_counted_by_how_they_end(db: Database) -> None:
    app = served(db)
    before = await figures(app)
    assert before["hikiate_request_seconds_count",] == 0
    strict = {"Accept": "application/graphql-response+json"}
    for query in ("{ channels { code } }", "{ channels { code } }", "{ nothing }", "{ viewer { kind } nothing }"):
        await ask(app, "/graphql", json={"query": query}, headers=strict)
    await ask(app, "/graphql", json={"query": "{ products(first: 0) { totalCount } }"})
    found = await figures(app)
    assert {name[1]: value for name, value in found.items() if name[0] == "hikiate_requests_total"} == {
        "200": 3,
        "400": 2,
    }
    assert found["hikiate_request_seconds_count",] == 5
    assert found["hikiate_request_seconds_bucket", "+Inf"] == 5
    buckets = [value for name, value in found.items() if name[0] == "hikiate_request_seconds_bucket"]
    assert buckets == sorted(buckets)
    assert 0 < found["hikiate_request_seconds_sum",] < 100
    errors = {name[1]: value for name, value in found.items() if name[0] == "hikiate_errors_total"}
    assert errors == {"GRAPHQL_VALIDATION_FAILED": 2, "INVALID_INPUT": 1}
    assert found["hikiate_info", version("hikiate")] == 1
    assert found["process_open_fds",] > 0


async def test_drift_rings(db: Database) -> None:
    """A counter that somebody with all rights has set by hand."""
    await stocked(db, 5)
    await worker.check_invariants(db, now=utc_now())
    found = await figures(served(db))
    assert found["hikiate_stock_drift_rows",] == 0
    assert 3600 <= found["hikiate_check_age_seconds",] < 3660
    async with db.write() as tx:
        await tx.connection.execute(f"{WITHOUT_TRIGGERS}; UPDATE stock SET on_hand = 7, reserved = 1")
    await worker.check_invariants(db, now=utc_now())
    found = await figures(served(db))
    # It differs from its ledger, and from its holds.
    assert found["hikiate_stock_drift_rows",] == 2
    broken = {name[1]: value for name, value in found.items() if name[0] == "hikiate_broken_rows" and value}
    assert broken == {
        "inventory: counters are the sums of the ledger, and versions its length": 1,
        "inventory: counters are the sums of the holds": 1,
    }
    async with db.write() as tx:
        await tx.connection.execute(f"{WITHOUT_TRIGGERS}; UPDATE stock SET on_hand = 5, reserved = 0")
    assert await worker.broken_invariants(db) == {}
    assert (await figures(served(db)))["hikiate_stock_drift_rows",] == 0


def group_requests(found: dict[tuple[str, ...], float]) -> dict[str, float]:
    return {name[1]: value for name, value in found.items() if name[0] == "hikiate_group_requests"}


async def test_each_group_has_a_name_of_its_own(db: Database) -> None:
    app = served(db)
    create = 'mutation { cartCreate(input: { email: "a@example.jp" }) { cart { id } } }'
    reserve = """mutation { cartReserve(input: { cartId: "Q2FydDowMWEyMDViZi04ZmJkLTcwMDEtOTdlMC04MDI3MmE4NTk3YzU",
      idempotencyKey: "1" }) { userErrors { code } } }"""
    before = group_requests(await figures(app))
    for document in (create, reserve, reserve):
        assert "errors" not in (await ask(app, "/graphql", json={"query": document})).json()
    after = group_requests(await figures(app))
    # Groups live as long as the process, and other tests have asked some.
    assert {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name)} == {
        "app.carts.graphql.mutations._open": 1,
        "app.carts.graphql.reservations._reserve": 2,
    }
