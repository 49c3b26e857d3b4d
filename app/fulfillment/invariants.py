"""Each query must return no row: after every test, and in production when somebody checks."""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "units of an open fulfillment are claimed by its order": """
        SELECT fulfillment.id, line.line_no, line.quantity, claimed.units
          FROM fulfillments AS fulfillment
          JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(claim.units), 0) AS units FROM claimed_line_units AS claim
                WHERE claim.order_id = fulfillment.order_id AND claim.line_no = line.line_no
                  AND (fulfillment.kind = 'PICKUP' OR claim.location_id = fulfillment.location_id)) AS claimed
         WHERE fulfillment.status = 'OPEN' AND claimed.units <> line.quantity
           -- Losses are dropped, and work follows units that come from elsewhere, by the job that hears of them, a
           -- moment later: until it has, fewer may be claimed, or more where they come from.
           AND NOT EXISTS (
               WITH told (topic, key) AS (
                   SELECT 'promises_moved', CAST(fulfillment.order_id AS text)
                    UNION ALL
                   SELECT 'promise_broken', CAST(fulfillment.order_id AS text) WHERE claimed.units < line.quantity
                    UNION ALL
                   SELECT 'transfer_received', CAST(transfer.id AS text)
                     FROM transfers AS transfer
                    WHERE transfer.order_id = fulfillment.order_id AND claimed.units < line.quantity)
               SELECT FROM told JOIN outbox AS fact USING (topic, key)
                WHERE (fact.xid, fact.id) > (
                      SELECT coalesce(max(cursor.xid), 0), coalesce(max(cursor.id), 0) FROM (
                             SELECT xid, id FROM feed_cursors WHERE reader <> 'audit'
                              ORDER BY xid DESC, id DESC LIMIT 1) AS cursor)
                UNION ALL
               SELECT FROM told JOIN pgqueuer AS job ON job.entrypoint = 'fulfillment:' || told.topic
                WHERE job.status <> 'failed'
                  AND CAST(convert_from(job.payload, 'UTF8') AS jsonb) ->> 'key' = told.key)""",
    "a line with a bundle claims whole bundles at each place": """
        SELECT part.order_id, part.line_no, place.location_id
          FROM order_line_components AS part
          JOIN (SELECT DISTINCT owner_id, line_no, location_id FROM holds) AS place
            ON place.owner_id = part.order_id AND place.line_no = part.line_no
          LEFT JOIN holds AS hold
            ON hold.owner_id = part.order_id AND hold.line_no = part.line_no
           AND hold.location_id = place.location_id AND hold.variant_id = part.variant_id
         GROUP BY part.order_id, part.line_no, place.location_id
        HAVING count(*) <> count(hold.quantity) OR bool_or(hold.quantity % part.quantity <> 0)
            OR count(DISTINCT hold.quantity / part.quantity) <> 1""",
    "nothing of a shipped, collected or canceled fulfillment is still claimed": """
        SELECT fulfillment.id, fulfillment.status, hold.line_no, hold.quantity
          FROM fulfillments AS fulfillment
          JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
          JOIN holds AS hold ON hold.owner_id = fulfillment.order_id AND hold.line_no = line.line_no
           AND (fulfillment.kind = 'PICKUP' OR hold.location_id = fulfillment.location_id)
         WHERE fulfillment.status <> 'OPEN'""",
    "fulfillments stay within their order's lines": """
        SELECT fulfillment.order_id, line.line_no, sum(line.quantity), sold.quantity
          FROM fulfillments AS fulfillment
          JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
          LEFT JOIN order_lines AS sold
            ON sold.order_id = fulfillment.order_id AND sold.line_no = line.line_no
           AND sold.variant_id = line.variant_id AND sold.delivery_id = fulfillment.delivery_id
         GROUP BY fulfillment.order_id, line.line_no, sold.quantity
        HAVING sold.quantity IS NULL
            OR sum(line.quantity) FILTER (WHERE fulfillment.status <> 'CANCELED') > sold.quantity""",
    "what is to be prepared for a pickup is being prepared": """
        SELECT work.id, fulfillment.id FROM work_instructions AS work
          JOIN fulfillments AS fulfillment ON fulfillment.id = work.fulfillment_id AND fulfillment.status = 'OPEN'
          JOIN pickups AS pickup ON pickup.delivery_id = fulfillment.delivery_id
         WHERE work.kind = 'PREPARE_PICKUP' AND pickup.status = 'REQUESTED'
           AND (work.status IN ('OPEN', 'IN_PROGRESS') OR work.resumes_as = 'OPEN')""",
    "a fulfillment has lines": """
        SELECT id FROM fulfillments AS fulfillment
         WHERE NOT EXISTS (SELECT FROM fulfillment_lines WHERE fulfillment_id = fulfillment.id)""",
    "a parcel has left if and only if its fulfillment says so": """
        SELECT fulfillment.id, fulfillment.status FROM fulfillments AS fulfillment
          LEFT JOIN shipments AS shipment ON shipment.fulfillment_id = fulfillment.id
         WHERE (shipment.id IS NOT NULL)
            <> (fulfillment.kind = 'SHIP' AND fulfillment.status IN ('SHIPPED', 'COMPLETED', 'RETURNED'))""",
    "a shipment has parcels, numbered from 1": """
        SELECT shipment.id FROM shipments AS shipment LEFT JOIN packages AS package ON package.shipment_id = shipment.id
         GROUP BY shipment.id
        HAVING count(package.id) = 0 OR min(package.number) <> 1 OR max(package.number) <> count(*)""",
    "what is told of parcels has come of them": """
        SELECT package.id, package.status FROM packages AS package
         CROSS JOIN LATERAL (
               SELECT count(*) AS reports, bool_or(kind = 'DELIVERED') AS is_delivered,
                      bool_or(kind = 'TAKEN_BACK') AS is_back
                 FROM tracking_reports WHERE package_id = package.id) AS told
         WHERE (package.status = 'TAKEN_BACK') <> coalesce(told.is_back, false)
            OR (package.status = 'LABELED') <> (told.reports = 0)""",
    "completed fulfillments, and only they, have a time of completion": """
        SELECT id, status FROM fulfillments WHERE (status = 'COMPLETED') <> (completed_at IS NOT NULL)""",
    "units of shipped home deliveries and of collected pickups count as fulfilled": """
        SELECT sold.order_id, sold.line_no, sold.fulfilled_quantity, sum(line.quantity)
          FROM fulfillments AS fulfillment
          JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
          JOIN order_lines AS sold
            ON sold.order_id = fulfillment.order_id AND sold.line_no = line.line_no
          JOIN order_deliveries AS delivery ON delivery.id = fulfillment.delivery_id
         WHERE fulfillment.status = 'COMPLETED'
            OR (fulfillment.status = 'SHIPPED' AND delivery.mode = 'HOME_DELIVERY')
         GROUP BY sold.order_id, sold.line_no, sold.fulfilled_quantity
        HAVING sold.fulfilled_quantity <> sum(line.quantity)""",
    "collected pickups, and only they, belong to completed fulfillments": """
        SELECT pickup.id, pickup.status, fulfillment.id, fulfillment.status
          FROM pickups AS pickup
          JOIN fulfillments AS fulfillment ON fulfillment.delivery_id = pickup.delivery_id
         WHERE fulfillment.status <> 'CANCELED'
           AND (pickup.status = 'COLLECTED') <> (fulfillment.status = 'COMPLETED')""",
    "a pickup is canceled with its order, expired goods of an own store are given up": """
        SELECT pickup.id, pickup.status, array_agg(fulfillment.status)
          FROM pickups AS pickup
          JOIN fulfillments AS fulfillment ON fulfillment.delivery_id = pickup.delivery_id
         GROUP BY pickup.id, pickup.status
        HAVING bool_and(fulfillment.status = 'CANCELED')
            <> (pickup.status = 'CANCELED' OR (pickup.status = 'EXPIRED' AND bool_and(fulfillment.kind = 'PICKUP')))""",
    "parcels of a pickup on its way have left": """
        SELECT pickup.id, pickup.status, fulfillment.id FROM pickups AS pickup
          JOIN fulfillments AS fulfillment ON fulfillment.delivery_id = pickup.delivery_id
         WHERE fulfillment.kind = 'SHIP' AND fulfillment.status = 'OPEN'
           AND pickup.status NOT IN ('REQUESTED', 'PREPARING', 'CANCELED')""",
    "pickups have the times of their states": """
        SELECT pickup.id, pickup.status
          FROM pickups AS pickup JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
         WHERE (pickup.status IN ('READY', 'EXPIRING', 'COLLECTED')
                AND (pickup.ready_at IS NULL OR pickup.hold_until IS NULL))
            OR (pickup.status IN ('REQUESTED', 'PREPARING', 'IN_TRANSIT_TO_POINT', 'ARRIVED')
                AND pickup.ready_at IS NOT NULL)
            OR (pickup.status = 'COLLECTED' AND pickup.verified_at IS NULL AND delivery.mode = 'STORE_PICKUP')
            OR (pickup.status = 'EXPIRED' AND pickup.expired_at IS NULL)
            OR (pickup.expired_at IS NOT NULL AND pickup.status NOT IN ('EXPIRED', 'RETURNING', 'RETURNED'))
            OR (pickup.status = 'RETURNING' AND pickup.returning_at IS NULL)""",
    "what is reported of goods at a point has come of them": """
        SELECT pickup.id, pickup.status
          FROM pickups AS pickup JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
         CROSS JOIN LATERAL (
               SELECT bool_or(kind = 'COLLECTED') AS is_collected, bool_or(kind = 'RETURN_RECEIVED') AS is_back
                 FROM pickup_reports WHERE pickup_id = pickup.id) AS told
         WHERE delivery.mode <> 'STORE_PICKUP' AND pickup.status NOT IN ('REQUESTED', 'PREPARING', 'CANCELED')
           AND ((pickup.status = 'RETURNED') <> coalesce(told.is_back, false)
             OR (pickup.status = 'COLLECTED') <> coalesce(told.is_collected AND NOT told.is_back, false))""",
    "at the counter as much was paid as was handed over": """
        SELECT payment.id, payment.captured_minor, handed.amount FROM payments AS payment
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(part.quantity * line.unit_price_minor), 0) AS amount
                 FROM pickups AS pickup
                 JOIN fulfillments AS fulfillment
                   ON fulfillment.delivery_id = pickup.delivery_id AND fulfillment.status = 'COMPLETED'
                 JOIN fulfillment_lines AS part ON part.fulfillment_id = fulfillment.id
                 JOIN order_lines AS line ON line.order_id = pickup.order_id AND line.line_no = part.line_no
                WHERE pickup.order_id = payment.order_id) AS handed
         WHERE payment.method = 'PAY_AT_PICKUP' AND payment.captured_minor <> handed.amount
           AND EXISTS (SELECT FROM pickups WHERE order_id = payment.order_id)""",
    "a pickup is locked after five wrong codes and not before": """
        SELECT id, failed_attempts, is_locked FROM pickups WHERE is_locked <> (failed_attempts = 5)""",
    "finished fulfillments ask for no more work, open ones for some": """
        SELECT fulfillment.id, fulfillment.status, work.kind, work.status
          FROM fulfillments AS fulfillment
          LEFT JOIN work_instructions AS work
            ON work.fulfillment_id = fulfillment.id AND work.status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
          LEFT JOIN pickups AS pickup ON pickup.delivery_id = fulfillment.delivery_id
         WHERE (fulfillment.status <> 'OPEN' AND work.id IS NOT NULL)
            OR (fulfillment.status = 'OPEN' AND work.id IS NULL AND fulfillment.kind = 'SHIP')
            OR (fulfillment.status = 'OPEN' AND work.id IS NULL AND pickup.status NOT IN ('READY', 'EXPIRING'))""",
    "goods are shipped only after they were picked and packed": """
        SELECT later.fulfillment_id, later.kind, later.status, before.kind, before.status
          FROM work_instructions AS later
          JOIN work_instructions AS before ON before.fulfillment_id = later.fulfillment_id
           AND (before.kind = 'PICK' OR (before.kind = 'PACK' AND later.kind = 'SHIP'))
         WHERE later.kind IN ('PACK', 'SHIP')
           AND (later.status IN ('OPEN', 'IN_PROGRESS', 'DONE') OR later.resumes_as = 'OPEN')
           AND before.status <> 'DONE'""",
    "goods that were picked and packed can be shipped": """
        SELECT later.id, later.kind FROM work_instructions AS later
         WHERE later.kind IN ('PACK', 'SHIP') AND (later.status = 'WAITING' OR later.resumes_as = 'WAITING')
           AND NOT EXISTS (
               SELECT FROM work_instructions AS before
                WHERE before.fulfillment_id = later.fulfillment_id AND before.status <> 'DONE'
                  AND (before.kind = 'PICK' OR (before.kind = 'PACK' AND later.kind = 'SHIP')))""",
    "unfinished work is in open pick lists at its location": """
        SELECT work.id, list.id, list.status FROM work_instructions AS work
          JOIN pick_lists AS list ON list.id = work.pick_list_id
         WHERE list.location_id <> work.location_id
            OR (list.status <> 'OPEN' AND work.status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD'))""",
    "a canceled order has no open fulfillment, a completed one neither": """
        SELECT sold.id, sold.status, fulfillment.id FROM orders AS sold
          JOIN fulfillments AS fulfillment ON fulfillment.order_id = sold.id
         WHERE sold.status <> 'PLACED' AND fulfillment.status = 'OPEN'""",
    "nobody works for a pickup that is over": """
        SELECT work.id, work.kind, pickup.status FROM work_instructions AS work
          JOIN pickups AS pickup ON pickup.id = work.pickup_id
         WHERE work.status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
           AND (pickup.status = 'CANCELED'
             OR (work.kind = 'LOCKER_DROP_OFF' AND pickup.status IN ('COLLECTED', 'RETURNED')))""",
    "a slot is kept for goods that somebody will collect at its store": """
        SELECT slot.delivery_id, slot.location_id, delivery.mode, sold.status, pickup.status
          FROM pickup_slot_bookings AS slot
          JOIN order_deliveries AS delivery ON delivery.id = slot.delivery_id
          JOIN orders AS sold ON sold.id = delivery.order_id
          LEFT JOIN pickups AS pickup ON pickup.delivery_id = slot.delivery_id
         WHERE slot.state = 'BOOKED'
           AND (delivery.mode <> 'STORE_PICKUP' OR delivery.location_id <> slot.location_id
                OR delivery.order_id <> slot.order_id OR sold.status = 'CANCELED'
                OR pickup.status = 'CANCELED')""",
    "preparations are due when their slots begin": """
        SELECT work.id, work.due_at, slot.begins FROM work_instructions AS work
          JOIN fulfillments AS fulfillment ON fulfillment.id = work.fulfillment_id
          JOIN pickup_slot_bookings AS slot ON slot.delivery_id = fulfillment.delivery_id AND slot.state = 'BOOKED'
         WHERE work.kind = 'PREPARE_PICKUP' AND work.status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
           AND work.due_at IS DISTINCT FROM slot.begins""",
    "work is about its order": """
        SELECT work.id FROM work_instructions AS work
          LEFT JOIN fulfillments AS fulfillment ON fulfillment.id = work.fulfillment_id
          LEFT JOIN transfers AS transfer ON transfer.id = work.transfer_id
          LEFT JOIN pickups AS pickup ON pickup.id = work.pickup_id
         WHERE work.order_id IS DISTINCT FROM coalesce(fulfillment.order_id, transfer.order_id, pickup.order_id)""",
}
