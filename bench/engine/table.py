"""From measurements to the tables of docs/benchmarks.md."""

import statistics
from collections.abc import Sequence
from typing import Final

from bench.engine.delivery import Delivery
from bench.engine.measure import Row, Series
from bench.engine.steps import FIELDS, Steps
from bench.record import Table

HTTP_HEADS: Final = (
    "request", "at most", "CPU ÷ plain raw, medians", "÷ tuned raw, medians", "minima", "µs ours (server + PostgreSQL)",
    "µs plain", "µs tuned", "requests/s ours : tuned", "page faults ours : tuned",
)  # fmt: skip
OTHER_HEADS: Final = ("measure", "at most", "median", "minimum", "page faults")
LIMITS: Final = {"delivery_us": 15.0, "socket_kib": 30.0, "reached_s": 0.3, "statement_us": 60.0, "first_seen_ms": 5.0}


def http_table(rows: Sequence[Row]) -> Table:
    """One line per row; two where both sides do the same own work."""
    lines: list[Sequence[str]] = []
    for row in rows:
        bound = row.workload.bound
        if row.own is None:
            lines.append(_line(row, row.workload.title, bound))
            continue
        lines.append(_excluded(row, row.own, bound))
        lines.append(_line(row, f"{row.workload.title}, everything", None))
    return Table(lines, HTTP_HEADS)


def _line(row: Row, title: str, bound: float | None) -> Sequence[str]:
    ours, raw, plain = row.ours, row.best, row.plain
    tuned = ours.median() / raw.median()
    return (
        title,
        "–" if bound is None else f"{bound:.2f}",
        "–" if plain is None else _judged(ours.median() / plain.median(), bound),
        f"{tuned:,.2f}",
        f"{ours.minimum() / min(each.minimum() for each in row.raw):.2f}",
        _cost(ours),
        "–" if plain is None else _cost(plain),
        f"{_cost(raw)} {raw.name}",
        f"{ours.median(lambda window: window.per_second):,.0f} : {raw.median(lambda window: window.per_second):,.0f}",
        f"{_faults(ours)} : {_faults(raw)}",
    )


def _excluded(row: Row, own: Series, bound: float | None) -> Sequence[str]:
    """What is left when the work that both do is taken off; its noise is that of the whole."""
    ours, raw = row.ours.beyond(own), row.best.beyond(own)
    least_ours, least_raw = (each.minimum() - own.minimum() for each in (row.ours, row.best))
    return (
        f"{row.workload.title}, own work excluded",
        "–" if bound is None else f"{bound:.2f}",
        _judged(ours / raw, bound) if raw > 0 else "no answer: raw ≤ own work",
        "",
        f"{least_ours / least_raw:.2f}" if least_raw > 0 else "–",
        f"{ours:,.0f}",
        f"{raw:,.0f}",
        f"own work {_cost(own)}",
        "",
        f"own work {_faults(own)}",
    )


def _cost(series: Series) -> str:
    app, pg = series.median(lambda window: window.app_us), series.median(lambda window: window.pg_us)
    return f"{series.median():,.0f} ({app:,.0f} + {pg:,.0f})"


def _faults(series: Series) -> str:
    return f"{series.median(lambda window: window.faults):.2f}"


def _judged(value: float, bound: float | None, form: str = ".2f") -> str:
    """Bold when it is too much."""
    text = f"{value:,{form}}"
    return f"**{text}**" if bound is not None and value > bound else text


def delivery_table(deliveries: Sequence[Delivery]) -> list[Sequence[str]]:
    """Three lines per number of sockets; the time to the last one counts for the largest number."""
    lines: list[Sequence[str]] = []
    for each in deliveries:
        name = f"{each.sockets:,} sockets"
        is_most = each is deliveries[-1]
        faults = f"{statistics.median(each.faults):.2f}"
        lines += [
            _other(f"{name}: CPU µs per delivery", "delivery_us", each.cpu_us, ".1f", faults),
            _other(f"{name}: KiB per socket", "socket_kib", [each.kib], ".1f", ""),
            _other(f"{name}: s from commit to the last", "reached_s" if is_most else None, each.seconds, ".3f", ""),
            _other(f"{name}: CPU µs to connect and subscribe", None, [each.open_us], ".0f", ""),
        ]
    return lines


def steps_table(steps: Steps) -> list[Sequence[str]]:
    """Three lines."""
    first_ms = [us / 1_000 for us in steps.first_seen]
    return [
        _other(
            "known document: µs until the first statement",
            "statement_us",
            steps.before_statement,
            ".1f",
            f"{steps.before_statement_faults:.2f}",
        ),
        _other("the same again and again, without the statement", None, steps.again_at_once, ".1f", ""),
        _other(
            f"document of {FIELDS} fields, never seen: ms of CPU to parse, validate and compile",
            "first_seen_ms",
            first_ms,
            ".2f",
            f"{steps.first_seen_faults:.2f}",
        ),
    ]


def _other(title: str, limit: str | None, values: Sequence[float], form: str, faults: str) -> Sequence[str]:
    bound = LIMITS[limit] if limit else None
    return (
        title,
        "–" if bound is None else f"{bound:g}",
        _judged(statistics.median(values), bound, form),
        f"{min(values):,{form}}",
        faults,
    )
