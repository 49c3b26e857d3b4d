"""A batch of requests for units, decided and written inside of PostgreSQL in one round trip.

The same as `app/inventory/model.py: decide` with the statements around it. What is locked, in which order, and what is
kept of a request that was answered before is the same, too: tests run both forms on the same requests.
"""

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"

# One plan for all batches, which looks up key after key: it may be made while a table is empty and be kept when it has
# grown, so that what it costs must not depend on what the planner believes.
# Places in arrays count from 1. Requests, their lines (l_, in the order of the requests) and the lines' candidates (c_,
# best first, in the order of the lines) are flat; k_ are the distinct keys of all candidates in their order.
HOLD_BATCH = """
CREATE FUNCTION hold_batch(
  r_kind text[], r_owner uuid[], r_expires timestamptz[], r_reason text[], r_extendable timestamptz[], r_partial boolean[],
  r_actor text[],
  l_request int[], l_no int[], l_variant bigint[], l_quantity int[], l_split boolean[],
  c_line int[], c_key int[], k_variant bigint[], k_location int[],
  OUT held_request int[], OUT held_line_no int[], OUT held_variant bigint[], OUT held_location int[], OUT held_quantity int[],
  OUT got_line int[], OUT got_key int[], OUT got_quantity int[],
  OUT short_line int[], OUT short_available bigint[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off AS $$
DECLARE
  free int[] := array_fill(0, ARRAY[cardinality(k_variant)]);
  is_held boolean[] := array_fill(false, ARRAY[cardinality(r_owner)]);
  all_lines int := cardinality(l_request); all_candidates int := cardinality(c_line);
  numbers int[]; units int[];
  line int := 1; candidate int := 1; got int := 0; short int := 0; got_before int; short_before int;
  wanted int; taken int; possible bigint; there int; key int; best int; best_units int; is_whole boolean;
BEGIN
  -- Sold-out rows are left out before the lock, so that a rush on a sold-out variant queues for nothing. In the order of
  -- the keys, so that two batches never wait for each other in a circle; the numbers are read again after the wait.
  SELECT array_agg(k.number), array_agg(s.available) INTO numbers, units
    FROM unnest(k_variant, k_location) WITH ORDINALITY AS k (variant_id, location_id, number)
   CROSS JOIN LATERAL (
         SELECT on_hand - reserved - allocated - safety AS available FROM stock
          WHERE variant_id = k.variant_id AND location_id = k.location_id
            AND on_hand - reserved - allocated - safety > 0
            FOR NO KEY UPDATE) s;
  FOR i IN 1 .. coalesce(cardinality(numbers), 0) LOOP
    free[numbers[i]] := units[i];
  END LOOP;

  -- A statement of its own: its snapshot is newer than the locks, so that a request that waited for its twin sees what
  -- the twin holds.
  SELECT array_agg(h.request), array_agg(h.line_no), array_agg(h.variant_id), array_agg(h.location_id),
         array_agg(h.quantity)
    INTO held_request, held_line_no, held_variant, held_location, held_quantity
    FROM (SELECT l.request, h.line_no, h.variant_id, h.location_id, h.quantity
            FROM unnest(l_request, l_no) AS l (request, line_no)
           CROSS JOIN LATERAL (
                 SELECT * FROM holds WHERE owner_id = r_owner[l.request] AND line_no = l.line_no OFFSET 0) h
           ORDER BY l.request, h.line_no, h.variant_id, h.location_id) h;
  FOR i IN 1 .. coalesce(cardinality(held_request), 0) LOOP
    is_held[held_request[i]] := true;
  END LOOP;

  FOR request IN 1 .. cardinality(r_owner) LOOP
    got_before := got;
    short_before := short;
    WHILE line <= all_lines AND l_request[line] = request LOOP
      wanted := l_quantity[line];
      taken := 0;
      possible := 0;
      IF is_held[request] THEN
        taken := wanted;
        WHILE candidate <= all_candidates AND c_line[candidate] = line LOOP
          candidate := candidate + 1;
        END LOOP;
      ELSIF l_split[line] THEN
        WHILE candidate <= all_candidates AND c_line[candidate] = line LOOP
          key := c_key[candidate];
          there := free[key];
          candidate := candidate + 1;
          CONTINUE WHEN there = 0;
          possible := possible + there;
          CONTINUE WHEN taken = wanted;
          there := least(there, wanted - taken);
          free[key] := free[key] - there;
          taken := taken + there;
          got := got + 1;
          got_line[got] := line; got_key[got] := key; got_quantity[got] := there;
        END LOOP;
      ELSE
        best_units := 0;
        is_whole := false;
        WHILE candidate <= all_candidates AND c_line[candidate] = line LOOP
          key := c_key[candidate];
          candidate := candidate + 1;
          CONTINUE WHEN is_whole OR free[key] <= best_units;
          best := key;
          best_units := free[key];
          is_whole := best_units >= wanted;
        END LOOP;
        possible := best_units;
        taken := least(best_units, wanted);
        IF taken > 0 THEN
          free[best] := best_units - taken;
          got := got + 1;
          got_line[got] := line; got_key[got] := best; got_quantity[got] := taken;
        END IF;
      END IF;
      IF taken < wanted THEN
        short := short + 1;
        short_line[short] := line; short_available[short] := possible;
      END IF;
      line := line + 1;
    END LOOP;
    IF short > short_before AND NOT r_partial[request] THEN
      WHILE got > got_before LOOP
        free[got_key[got]] := free[got_key[got]] + got_quantity[got];
        got := got - 1;
      END LOOP;
    END IF;
  END LOOP;
  IF got = 0 THEN
    got_line := NULL;
    RETURN;
  END IF;
  got_line := got_line[1 : got]; got_key := got_key[1 : got]; got_quantity := got_quantity[1 : got];

  INSERT INTO holds (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state, expires_at, reason,
                     extendable_until)
  SELECT r_kind[request], r_owner[request], l_no[g.line], l_variant[g.line], k_location[g.key], g.quantity,
         CASE WHEN r_expires[request] IS NULL THEN 'A' ELSE 'R' END, r_expires[request],
         CASE WHEN r_expires[request] IS NOT NULL THEN r_reason[request] END,
         CASE WHEN r_expires[request] IS NOT NULL THEN r_extendable[request] END
    FROM unnest(got_line, got_key, got_quantity) AS g (line, key, quantity)
   CROSS JOIN LATERAL (SELECT l_request[g.line] AS request) l
   ORDER BY 2, 3, 4, 5;
  INSERT INTO ledger (variant_id, location_id, d_reserved, d_allocated, kind, cause_kind, cause_id, actor)
  SELECT l_variant[g.line], k_location[g.key],
         CASE WHEN r_expires[request] IS NULL THEN 0 ELSE g.quantity END,
         CASE WHEN r_expires[request] IS NULL THEN g.quantity ELSE 0 END,
         CASE WHEN r_expires[request] IS NULL THEN 'ALLOCATED' ELSE 'RESERVED' END,
         r_kind[request], r_owner[request], r_actor[request]
    FROM unnest(got_line, got_key, got_quantity) AS g (line, key, quantity)
   CROSS JOIN LATERAL (SELECT l_request[g.line] AS request) l;
END $$
"""


def upgrade() -> None:
    """Create the function."""
    op.execute(HOLD_BATCH)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP FUNCTION hold_batch")
