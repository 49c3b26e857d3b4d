"""Each query must return no row: after every test, and on a running shop every hour."""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "a product's listing sums up the published prices of its active variants": """
        SELECT channel_id, product_id, due.low, due.high, kept.price_min_minor, kept.price_max_minor
          FROM (SELECT l.channel_id, v.product_id, min(l.price_minor) AS low, max(l.price_minor) AS high
                  FROM listings AS l
                  JOIN variants AS v ON v.id = l.variant_id AND v.is_active
                  JOIN products AS p ON p.id = v.product_id AND p.is_active
                 WHERE l.is_published
                 GROUP BY l.channel_id, v.product_id) AS due
          FULL JOIN product_listings AS kept USING (channel_id, product_id)
         WHERE (due.low, due.high) IS DISTINCT FROM (kept.price_min_minor, kept.price_max_minor)
    """,
    "every code is found by search": """
        SELECT v.sku FROM variants AS v JOIN products AS p ON p.id = v.product_id
         WHERE v.jan IS NOT NULL AND NOT p.search_grams @> ARRAY['=' || v.jan]
    """,
    "no category is above itself": """
        WITH RECURSIVE up (id, parent_id, depth) AS (
            SELECT id, parent_id, 1 FROM categories
            UNION ALL
            SELECT up.id, c.parent_id, depth + 1
              FROM up JOIN categories AS c ON c.id = up.parent_id WHERE depth < 100)
        SELECT id FROM up WHERE parent_id = id OR depth = 100
    """,
}
