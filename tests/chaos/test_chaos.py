"""A short run of everything at once; the long one is `python -m tests.chaos`."""

import tempfile
from pathlib import Path

import pytest

from tests.chaos.__main__ import summary
from tests.chaos.run import Plan, run

SHORT = Plan(
    requests=3_000,
    carts=30,
    clients=2,
    buyers=4,
    writer_pause=0.1,
    share_cut=0.03,
    client_kills=2,
    backend_kills=2,
    server_crashes=1,
    store_kills=1,
)


@pytest.mark.timeout(600)
async def test_whatever_breaks_every_word_is_kept() -> None:
    # Not pytest's folder: root's server runs as a user who may not enter it.
    with tempfile.TemporaryDirectory(prefix="hikiate-chaos-", ignore_cleanup_errors=True) as folder:
        findings = await run(SHORT, Path(folder))
    assert findings.is_well, summary(findings)
    figures = findings.figures
    assert figures["requests"] >= SHORT.requests
    for fault in ("client processes killed", "rounds of ended backends"):
        assert figures[fault] == 2, summary(findings)
    assert (figures["database servers killed"], figures["web servers killed"]) == (1, 1)
    for what in ("granted or done", "refused", "repeated", "orders", "connections cut before a commit"):
        assert figures[what] > 0, summary(findings)
