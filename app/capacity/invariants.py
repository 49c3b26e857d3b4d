"""What must always hold of lockers and pickup slots. Each query returns no row."""

from typing import Final

INVARIANTS: Final = {
    "two deliveries never share a compartment": """
        SELECT a.delivery_id, b.delivery_id AS other_id, a.compartment_id
          FROM compartment_reservations AS a
          JOIN compartment_reservations AS b
            ON b.compartment_id = a.compartment_id AND b.delivery_id > a.delivery_id AND b.period && a.period
         WHERE a.state <> 'ENDED' AND b.state <> 'ENDED'
    """,
    "a compartment is what its claims make of it": """
        SELECT c.id, c.status
          FROM locker_compartments AS c
          LEFT JOIN LATERAL (
               SELECT bool_or(state = 'OVERDUE') AS is_overdue, bool_or(state = 'OCCUPYING') AS is_occupied,
                      count(*) > 0 AS is_claimed
                 FROM compartment_reservations AS r
                WHERE r.compartment_id = c.id AND r.state <> 'ENDED') AS claims ON true
         WHERE c.status <> CASE WHEN c.fault IS NOT NULL THEN 'FAULTED' WHEN is_overdue THEN 'EXPIRED'
                                WHEN is_occupied THEN 'OCCUPIED' WHEN is_claimed THEN 'RESERVED' ELSE 'FREE' END
    """,
    "nothing is planned for a compartment that takes nothing": """
        SELECT r.delivery_id, c.id
          FROM compartment_reservations AS r JOIN locker_compartments AS c ON c.id = r.compartment_id
         WHERE r.state = 'PLANNED' AND (c.fault IS NOT NULL OR NOT c.is_active)
    """,
    "a claim is at the station of its compartment": """
        SELECT r.delivery_id
          FROM compartment_reservations AS r JOIN locker_compartments AS c ON c.id = r.compartment_id
         WHERE r.location_id <> c.location_id AND r.state <> 'ENDED'
    """,
    "a slot has as many orders as hold it": """
        SELECT s.location_id, s.begins, s.booked, count(b.delivery_id) AS counted
          FROM pickup_slots AS s
          LEFT JOIN pickup_slot_bookings AS b
            ON b.location_id = s.location_id AND b.begins = s.begins AND b.state = 'BOOKED'
         GROUP BY s.location_id, s.begins HAVING s.booked <> count(b.delivery_id)
    """,
    "a slot has more orders than it takes only where that was lowered": """
        SELECT location_id, begins FROM pickup_slots WHERE ceiling <> greatest(capacity, booked)
    """,
    "a plan is on where it has slots": """
        SELECT location_id FROM pickup_slot_plans
         WHERE is_on <> (jsonb_path_exists(week, '$.*[*]') OR jsonb_path_exists(days, '$.*[*]'))
    """,
    "goods and compartment are of one temperature": """
        SELECT r.delivery_id
          FROM compartment_reservations AS r JOIN locker_compartments AS c ON c.id = r.compartment_id
         WHERE r.state = 'PLANNED' AND r.temperature <> c.temperature
    """,
}
