"""The benchmark of checkouts runs, sells exactly what there is, and says so."""

from bench.inventory.checkouts import sell, table


async def test_a_short_run_sells_what_there_is() -> None:
    result = await sell(seconds=0.5, rounds=2, units=20)
    assert result.sold_out["PLACED"] == 20
    assert set(result.sold_out) == {"PLACED", "INSUFFICIENT_STOCK"}
    [_, _, (name, ratio), *_] = table(result).rows
    assert name == "the second by the first (target 0.5)"
    assert "(" in ratio
