"""What processes have used so far: CPU time, page faults, memory; and what they may. Linux only: read from /proc."""

import resource
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PROC: Final = Path("/proc")
_BACKENDS: Final = "SELECT pid FROM pg_stat_activity WHERE usename = $1 AND backend_type = 'client backend'"


@dataclass(frozen=True, slots=True)
class Reading:
    """At one instant. CPU in µs; backends: by process id."""

    server_us: float
    faults: int
    backends: dict[int, float]

    def since(self, before: "Reading") -> tuple[float, float, int]:
        """(µs of the server, µs of its PostgreSQL backends, page faults of the server) between two readings."""
        used = sum(us - before.backends.get(pid, 0.0) for pid, us in self.backends.items())
        return self.server_us - before.server_us, used, self.faults - before.faults


async def read_usage(monitor: Any, pid: int, user: str) -> Reading:
    """monitor: an asyncpg connection; user: as whom the server connects to PostgreSQL, and nobody else."""
    backends = {row["pid"]: cpu_us([row["pid"]]) for row in await monitor.fetch(_BACKENDS, user)}
    tree = process_tree(pid)
    return Reading(cpu_us(tree), sum(minor_faults(each) for each in tree), backends)


def process_tree(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for task in (PROC / str(pid) / "task").iterdir():
        for child in (task / "children").read_text().split():
            found += process_tree(int(child))
    return found


def cpu_us(pids: Iterable[int]) -> float:
    """User and system time of all threads. By the scheduler's clock: that of `stat` ticks only every 10 ms."""
    total = 0
    for pid in pids:
        try:
            total += sum(
                int((task / "schedstat").read_text().split()[0]) for task in (PROC / str(pid) / "task").iterdir()
            )
        except FileNotFoundError:  # ended meanwhile
            continue
    return total / 1_000


def resident_kib(pid: int) -> int:
    """Memory that the process holds."""
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError


def minor_faults(pid: int) -> int:
    """The tenth number of /proc/PID/stat; the second one, the name, may hold anything but ends at the last bracket."""
    return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[7])


def raise_file_limit() -> None:
    """As many sockets as the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
