"""The synthetic schema as something that can be compared."""

from dataclasses import dataclass
from typing import Final

from tests.engine.differential.answers import Subject
from tests.engine.differential.cases import Case, Size
from tests.engine.differential.choices import Choices
from tests.engine.differential.documents import Writer
from tests.engine.differential.faults import Plan, some_faults
from tests.engine.differential.synthetic_batches import thing
from tests.engine.differential.synthetic_pages import connection
from tests.engine.differential.synthetic_roots import KINDS, SCHEMA, VOCABULARY
from tests.engine.differential.synthetic_strange import make_strange
from tests.engine.differential.world import BATCHES, LEAVES, PLAN, RESOLVERS, Context, item, person, shelf

# Make everything once, so that all places of leaves are known.
for _number in range(1, 30):
    _ = (shelf(_number), item(_number), person(_number), thing(_number))
_ = (make_strange(), connection([1], None))
PLACES: Final = {"leaves": sorted(LEAVES), "resolvers": sorted(RESOLVERS), "batches": sorted(BATCHES)}


@dataclass(frozen=True)
class Scenario:
    """A document and what goes wrong while it runs."""

    case: Case
    plan: Plan
    may: bool

    def subject(self) -> Subject:
        """With the faults of this scenario."""
        PLAN.set(self.plan)

        return Subject(SCHEMA, lambda: Context(plan=self.plan, may=self.may))

    def __repr__(self) -> str:
        runs = "\n".join(f"{run.operation_name} {run.variables}" for run in self.case.runs)
        return f"{self.case.text}\n{runs}\nfaults: {self.plan!r} may: {self.may}"


def scenario(choices: Choices) -> Scenario:
    """A random one."""
    small = choices.chance(70)
    size = Size(fields=14 if small else 40, depth=5 if small else 7)
    case = Writer(SCHEMA._schema, choices, VOCABULARY, size, KINDS).case()
    return Scenario(case, some_faults(choices, **PLACES), not choices.chance(15))
