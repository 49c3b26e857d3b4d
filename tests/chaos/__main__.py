"""`python -m tests.chaos --requests 100000`: prints what was counted; its exit code tells whether all is well."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.checker import Findings
from tests.chaos.run import Plan, run


def summary(findings: Findings) -> str:
    """Every figure on a line; those that must be zero come last, with examples."""
    lines = [f"{count:>12,}  {what}" for what, count in findings.figures.items()]
    for what, examples in findings.faults.items():
        lines.append(f"{len(examples):>12,}  {what}{'  <-- must be 0' if examples else ''}")
        lines += [f"{'':>14}{example:.600}" for example in examples[:5]]
    return "\n".join(lines)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--carts", type=int, help="checkouts over HTTP besides; a hundredth of the requests")
    parser.add_argument("--clients", type=int, default=3, help="client processes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    carts = options.requests // 100 if options.carts is None else options.carts
    plan = Plan(options.requests, carts, clients=options.clients, seed=options.seed)
    # Pools say each time that the database is away, which is what this is about.
    logging.getLogger("asyncpg.pool").setLevel(logging.CRITICAL)
    began, busy = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="hikiate-chaos-", ignore_cleanup_errors=True) as folder:
        findings = asyncio.run(run(plan, Path(folder)))
    findings.figures["seconds"] = int(time.monotonic() - began)
    findings.figures["seconds of CPU of the parent"] = int(time.process_time() - busy)
    sys.stdout.write(summary(findings) + "\n")
    return 0 if findings.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
