"""An operation that can run."""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, located_error

from app.engine.documents import Operation
from app.engine.plan import Plan
from app.engine.variables import Variables


@dataclass(slots=True)
class Prepared:
    """An operation that can run: valid, chosen, its variables coerced."""

    operation: Operation
    variables: Variables
    given: dict[str, Any]
    """The variables as they were sent, without those that the operation does not have."""
    plan: Plan | None = None
    """None: only the reference executor can run it."""
    cost: int = 0
    """See app.engine.cost."""
    tells_cost: bool = False
    """Whether the answer of a query or a mutation says, in `extensions`, what it may have cost."""

    def located(self, error: BaseException) -> GraphQLError:
        """An error of its first root field, as GraphQL places it."""
        fields = self.plan.root.fields if self.plan else ()
        place = (fields[0].nodes, [fields[0].key]) if fields else (None, None)
        return located_error(error if isinstance(error, Exception) else RuntimeError(repr(error)), *place)
