"""The benchmark of the hand-over runs, leaves nothing undone, and says so."""

from bench.handover.__main__ import measure


async def test_a_short_run_measures_every_row_and_keeps_the_invariants() -> None:
    rows = await measure(jobs=300, pickups=60, seconds=0.3, buyers=200)
    assert [(row[0].split(",")[0], row[1]) for row in rows] == [
        ("first page of a company's open jobs ÷ bare read", "≤ 2"),
        ("reports by 64 clients", "≥ 1,000/s"),
        ("CPU of a report: server and PostgreSQL", "≤ 1.2 ms"),
        ("compartments of one station by 64 buyers", "≥ 500/s"),
        ("reminders", "≥ 5,000/s"),
        ("expiries", "≥ 5,000/s"),
    ]
