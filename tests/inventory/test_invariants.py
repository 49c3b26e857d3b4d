"""Each invariant objects when what it forbids is written past the actions."""

from contextlib import suppress
from datetime import timedelta

import pytest

from app.inventory.invariants import INVARIANTS, OF_ALL_HISTORY
from app.inventory.model import HoldRequest, OwnerKind
from app.inventory.sql.drifts import drifts_of
from app.kit.db import Database
from app.kit.ids import new_id
from tests.catalog.builders import make_variant
from tests.conftest import NOW, WITHOUT_TRIGGERS
from tests.inventory.builders import hold, stocked, wish
from tests.inventory.transfers import send

NEW_ID = "00000000-0000-4000-8000-00000000000"
A_TRANSFER = (
    "INSERT INTO transfers (id, number, from_location_id, to_location_id, status, created_at, shipped_at)"
    " SELECT '{id}1', 'T-1', min(location_id), max(location_id), '{status}', now(), {shipped_at} FROM stock;"
    "INSERT INTO transfer_lines (transfer_id, line_no, variant_id, quantity, shipped_quantity)"
    " SELECT '{id}1', 1, min(variant_id), 2, {shipped} FROM stock"
)
ON_ITS_WAY = A_TRANSFER.format(id=NEW_ID, status="IN_TRANSIT", shipped=2, shipped_at="now()")
AN_ORDER = (
    "INSERT INTO purchase_orders (id, number, location_id, supplier_name, status, created_at)"
    f" SELECT '{NEW_ID}2', 'P-1', min(location_id), 'x', 'DRAFT', now() FROM stock;"
)
A_COUNT = (
    "INSERT INTO count_sessions (id, number, location_id, status, has_all_lines, needs_four_eyes, opened_by,"
    " created_at, closed_by, closed_at)"
    f" SELECT '{NEW_ID}3', 'C-1', min(location_id), 'APPROVED', true, true, 'a', now(), 'a', now() FROM stock;"
    "INSERT INTO count_lines (count_id, variant_id, location_id, is_open, difference)"
    f" SELECT '{NEW_ID}3', min(variant_id), min(location_id), false, 0 FROM stock;"
)
AN_IMPORT = (
    "INSERT INTO stock_imports (id, source_hash, mode, file_name, actor, row_count, created_at, finished_at)"
    f" VALUES ('{NEW_ID}4', '', 'DELTA', 'x', 'a', {{rows}}, now(), now());"
)
A_RULE = (
    "INSERT INTO selling_rules (variant_id, policy, limit_units, waiting, promised_on)"
    " SELECT max(variant_id), 'BACKORDER', 5, {waiting}, now() FROM variants_of_test"
)

# (claim, what breaks it), where an order holds 2 of 9 units, a cart 1, and a transfer 3 that have not left.
SABOTAGE = [
    (
        "components of a bundle do not travel for an order",
        (
            f"{ON_ITS_WAY}; UPDATE transfers SET order_id = '{NEW_ID}6'; UPDATE transfer_lines SET order_line_no = 1;"
            "INSERT INTO order_line_components (order_id, line_no, variant_id, quantity)"
            f" SELECT '{NEW_ID}6', 1, variant_id, 1 FROM transfer_lines WHERE transfer_id = '{NEW_ID}1'"
        ),
    ),
    (
        "what came of a purchase order is in the ledger",
        (
            f"{AN_ORDER}INSERT INTO purchase_order_lines (purchase_order_id, line_no, variant_id, quantity,"
            f" received_quantity, damaged_quantity) SELECT '{NEW_ID}2', 1, min(variant_id), 2, 2, 1 FROM stock;"
            "INSERT INTO ledger (variant_id, location_id, d_on_hand, kind, cause_kind, cause_id, actor)"
            f" SELECT min(variant_id), min(location_id), 2, 'RECEIVED', 'PURCHASE_ORDER', '{NEW_ID}2', 'a' FROM stock"
        ),
    ),
    ("counters are the sums of the ledger, and versions its length", "UPDATE stock SET on_hand = on_hand + 1"),
    ("counters are the sums of the ledger, and versions its length", "UPDATE stock SET version = version + 1"),
    ("counters are the sums of the ledger, and versions its length", "UPDATE stock SET safety = 1"),
    ("counters are the sums of the ledger, and versions its length", "DELETE FROM stock"),
    ("counters are the sums of the ledger, and versions its length", "DELETE FROM ledger WHERE kind = 'RECEIVED'"),
    ("counters are the sums of the holds", "DELETE FROM holds WHERE owner_kind = 'ORDER'"),
    ("counters are the sums of the holds", "DELETE FROM holds WHERE state = 'R'"),
    (
        "nothing is negative and nothing is sold twice",
        "ALTER TABLE stock DROP CONSTRAINT stock_not_oversold; UPDATE stock SET on_hand = 0",
    ),
    (
        "nothing is negative and nothing is sold twice",
        "ALTER TABLE stock DROP CONSTRAINT stock_not_negative; UPDATE stock SET safety = -1",
    ),
    ("units under way are those that were shipped and have neither arrived nor been lost", ON_ITS_WAY),
    (
        "units under way are those that were shipped and have neither arrived nor been lost",
        "UPDATE stock SET location_id = (SELECT id FROM locations WHERE kind = 'IN_TRANSIT') WHERE on_hand = 9",
    ),
    ("a transfer's state says what its lines say", "UPDATE transfers SET status = 'IN_TRANSIT'"),
    ("a transfer's state says what its lines say", "DELETE FROM transfer_lines"),
    ("a transfer of its own holds its units until they have arrived", ON_ITS_WAY),
    ("a transfer of its own holds its units until they have arrived", "DELETE FROM transfers"),
    ("a transfer of its own holds its units until they have arrived", "UPDATE transfers SET status = 'CANCELED'"),
    (
        "a transfer of its own holds its units until they have arrived",
        "UPDATE holds SET location_id = location_id + 1 WHERE owner_kind = 'TRANSFER'",
    ),
    (
        "differences of a transfer are in the ledger",
        "UPDATE transfer_lines SET surplus_quantity = 1, discrepancy_reason = 'LOST'",
    ),
    (
        "differences of a transfer are in the ledger",
        "UPDATE ledger SET cause_kind = 'TRANSFER', kind = 'ADJUSTED'",
    ),
    (
        "what an owner has reserved is what the ledger says of it",
        f"UPDATE holds SET owner_id = '{NEW_ID}5' WHERE state = 'R'",
    ),
    (
        "a reservation has a reason and an end within its bounds, and an allocation none of them",
        "ALTER TABLE holds DROP CONSTRAINT reservations_have_a_reason; UPDATE holds SET reason = NULL",
    ),
    ("a purchase order's state says what its lines say", AN_ORDER),
    ("what came of a purchase order is in the ledger", "UPDATE ledger SET cause_kind = 'PURCHASE_ORDER'"),
    (
        "what came of a purchase order is in the ledger",
        AN_ORDER + "INSERT INTO purchase_order_lines (purchase_order_id, line_no, variant_id, quantity,"
        f" received_quantity) SELECT '{NEW_ID}2', 1, min(variant_id), 2, 1 FROM stock",
    ),
    (
        "an approved count session has moved what it found, once, and no other has moved anything",
        "UPDATE ledger SET cause_kind = 'COUNT', kind = 'COUNTED' WHERE kind = 'RECEIVED'",
    ),
    (
        "an approved count session has moved what it found, once, and no other has moved anything",
        A_COUNT + "UPDATE count_lines SET difference = 1",
    ),
    (
        "who has counted has not approved where four eyes were wanted",
        A_COUNT + "INSERT INTO count_records (count_id, variant_id, record_no, pass_no, counted_quantity,"
        " ledger_quantity, counted_by, counted_at) SELECT count_id, variant_id, 1, 1, 1, 1, 'a', now()"
        " FROM count_lines",
    ),
    (
        "lines are open as long as their session is, and every line of an approved one was counted",
        A_COUNT + "UPDATE count_lines SET difference = NULL",
    ),
    (
        "lines are open as long as their session is, and every line of an approved one was counted",
        A_COUNT + "UPDATE count_lines SET is_open = true, difference = NULL",
    ),
    (
        "lines are open as long as their session is, and every line of an approved one was counted",
        A_COUNT + "UPDATE count_lines SET location_id = 0",
    ),
    ("a queue is as long as its rule says, and within its limit", A_RULE.format(waiting=1)),
    (
        "a line waits as a whole or not at all",
        (
            "INSERT INTO backorders (owner_id, line_no, owner_kind, variant_id, quantity, kind, state, promised_on,"
            " candidates, may_split) SELECT owner_id, line_no, owner_kind, variant_id, 1, 'BACKORDER', 'A', now(),"
            " '{1}', false FROM holds WHERE owner_kind = 'ORDER'"
        ),
    ),
    (
        "a bundle has no stock of its own, no queue, and is made of no bundle",
        (
            "INSERT INTO bundle_components (bundle_variant_id, component_variant_id, quantity)"
            " SELECT min(variant_id), max(variant_id), 1 FROM variants_of_test"
        ),
    ),
    (
        "a bundle has no stock of its own, no queue, and is made of no bundle",
        (
            "INSERT INTO bundle_components (bundle_variant_id, component_variant_id, quantity)"
            f" SELECT max(variant_id), min(variant_id), 1 FROM variants_of_test; {A_RULE.format(waiting=0)}"
        ),
    ),
    (
        "a bundle has no stock of its own, no queue, and is made of no bundle",
        (
            "INSERT INTO bundle_components (bundle_variant_id, component_variant_id, quantity)"
            " SELECT max(variant_id), -1, 1 FROM variants_of_test UNION ALL"
            " SELECT -1, min(variant_id), 1 FROM variants_of_test"
        ),
    ),
    (
        "an import has moved as many rows as its chunks say, each chunk once",
        "UPDATE ledger SET cause_kind = 'STOCK_IMPORT'",
    ),
    (
        "an import has moved as many rows as its chunks say, each chunk once",
        AN_IMPORT.format(rows=1) + "INSERT INTO stock_import_chunks (import_id, turn, first_row, changed)"
        " SELECT id, 1, 1, 1 FROM stock_imports",
    ),
    ("a finished import has judged all of its rows", AN_IMPORT.format(rows=3)),
    (
        "units that are there but not sold are the sums of the ledger",
        "INSERT INTO stock_states SELECT variant_id, location_id, 'DISPLAY', 1 FROM stock",
    ),
    (
        "units that are there but not sold are the sums of the ledger",
        "UPDATE ledger SET state = 'DISPLAY', d_state = 1",
    ),
    (
        "a repair stands in the ledger, and nothing else says that it does",
        (
            "INSERT INTO stock_repairs (id, variant_id, location_id, reason, actor)"
            f" SELECT '{NEW_ID}6', variant_id, location_id, 'x', 'a' FROM stock LIMIT 1"
        ),
    ),
    (
        "a repair stands in the ledger, and nothing else says that it does",
        "UPDATE ledger SET cause_kind = 'REPAIR' WHERE kind = 'RECEIVED'",
    ),
]


class _Enough(Exception):
    pass


def test_every_invariant_is_broken_once() -> None:
    assert {claim for claim, _ in SABOTAGE} == set(INVARIANTS)
    assert set(INVARIANTS) >= OF_ALL_HISTORY


@pytest.mark.parametrize(("claim", "sabotage"), SABOTAGE)
async def test_an_invariant_objects(db: Database, claim: str, sabotage: str) -> None:
    shirt, [store, depot] = await stocked(db, 9, 4)
    await hold(db, wish(shirt, 2, store))
    lines = wish(shirt, 1, store).demands
    await hold(db, HoldRequest(OwnerKind.CART, new_id(), lines, NOW + timedelta(hours=1)))
    await send(db, store, depot, (shirt, 3))
    async with db.write() as tx:
        other = await make_variant(tx)
    with suppress(_Enough):
        async with db.write() as tx:
            assert await tx.connection.fetch(INVARIANTS[claim]) == []
            await tx.connection.execute(
                f"{WITHOUT_TRIGGERS}; CREATE TEMP VIEW variants_of_test AS"
                f" SELECT unnest(ARRAY[{shirt}, {other}]) AS variant_id; {sabotage}"
            )
            assert await tx.connection.fetch(INVARIANTS[claim]) != []
            raise _Enough
    async with db.read() as tx:
        assert await drifts_of(tx, [(shirt, store), (shirt, depot)]) == []
