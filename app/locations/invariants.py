"""What must be true of locations at all times: each query returns the rows that break the rule."""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "there is exactly one location for goods on their way": """
        SELECT count(*) FROM locations WHERE kind = 'IN_TRANSIT' HAVING count(*) <> 1""",
    "the location for goods on their way is in no group and hands nothing over": """
        SELECT location.id FROM locations AS location
         WHERE location.kind = 'IN_TRANSIT'
           AND (location.hands_over OR location.ships_orders
                OR EXISTS (SELECT FROM location_group_members AS member
                            WHERE member.location_id = location.id))""",
}
