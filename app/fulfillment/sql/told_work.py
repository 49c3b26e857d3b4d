"""What the live stream of work reads."""

from typing import Final

from app.kit.statement import Statement
from app.kit.told import keys_told

# Null filters filter nothing. places: the locations that the caller sees and wants.
_WORK: Final = """
    SELECT work.id AS work_id, work.kind, work.status, work.assignee, work.location_id, work.version
      FROM work_instructions AS work
     WHERE (CAST(:places AS int[]) IS NULL OR work.location_id = ANY(CAST(:places AS int[])))
       AND (CAST(:kinds AS text[]) IS NULL OR work.kind = ANY(CAST(:kinds AS text[])))
"""
OPEN_WORK: Final = Statement(f"""{_WORK}
       AND work.status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
     ORDER BY work.id LIMIT CAST(:limit AS int)
""")
TOLD_WORK_BY_ID: Final = Statement(f"{_WORK} AND work.id = ANY(CAST(:ids AS uuid[]))")
CHANGED_WORK: Final = Statement(f"""{_WORK}
       AND work.id IN ({keys_told("work_changed", "work_id")})
     ORDER BY work.id
""")  # a constant of this module
