"""Statements of the hand-written reads: only the wanted columns, one language, one channel.

$1 is the channel's id. A shopper sees active variants with a published listing, of products that have one, and units
that are neither promised nor kept back. A text that lacks the language is taken from the other one.
"""

# ruff: noqa: S608  # put together from pieces of this file
from typing import Final

_GLOBAL_ID: Final = "translate(encode(('{0}:' || {1}.id)::bytea, 'base64'), E'+/=\\n', '-_')"
_NAME: Final = "coalesce({0}.names->>'ja', {0}.names->>'en')"
_FREE: Final = "on_hand - reserved - allocated - safety"

PAGE: Final = f"""
    SELECT p.id, {_NAME.format("p")}, p.slug, l.price_min_minor
      FROM product_listings l JOIN products p ON p.id = l.product_id
     WHERE l.channel_id = $1 AND l.product_id > $2 ORDER BY l.product_id LIMIT 25
"""
VARIANTS: Final = f"""
    SELECT v.product_id, v.id, v.sku, {_NAME.format("v")}
      FROM variants v JOIN listings l ON l.variant_id = v.id AND l.channel_id = $1 AND l.is_published
     WHERE v.product_id = ANY($2) AND v.is_active ORDER BY v.product_id, v.position, v.id
"""
STOCK: Final = f"SELECT variant_id, location_id, {_FREE} FROM stock WHERE variant_id = ANY($1) AND {_FREE} > 0"

# One row per variant with its product's columns, and its stock as two arrays.
DETAIL: Final = f"""
    SELECT p.id, {_NAME.format("p")}, p.slug, coalesce(p.descriptions->>'ja', p.descriptions->>'en'),
           v.id, v.sku, {_NAME.format("v")}, l.price_minor, s.locations, s.units
      FROM products p
      LEFT JOIN (variants v JOIN listings l ON l.variant_id = v.id AND l.channel_id = $1 AND l.is_published)
        ON v.product_id = p.id AND v.is_active
      LEFT JOIN LATERAL (
           SELECT array_agg(location_id) AS locations, array_agg({_FREE}) AS units
             FROM stock WHERE variant_id = v.id AND {_FREE} > 0) s ON true
     WHERE p.slug = $2 AND EXISTS (SELECT FROM product_listings x WHERE x.product_id = p.id AND x.channel_id = $1)
     ORDER BY v.position, v.id
"""

# The rest builds JSON. $3 holds the locations' names, as JSON, by id. What begins with a colon is put in below.
_AVAILABILITY: Final = f"""
    SELECT sum(u) AS total,
           string_agg('{{"available":' || u || ',"location":{{"name":' || ($3::text[])[location_id] || '}}}}', ','
                      ORDER BY u DESC, location_id) FILTER (WHERE place <= :first) AS listed
      FROM (SELECT location_id, {_FREE} AS u, row_number() OVER (ORDER BY {_FREE} DESC, location_id) AS place
              FROM stock
             WHERE variant_id = v.id AND {_FREE} > 0 AND ($3::text[])[location_id] IS NOT NULL) best
"""
_VARIANTS: Final = f"""
    SELECT string_agg('{{"id":"' || {_GLOBAL_ID.format("Variant", "v")} || '","sku":' || to_json(v.sku)
               || ',"name":' || coalesce(to_json({_NAME.format("v")})::text, 'null') :price
               || ',"availability":{{"available":' || coalesce(s.total, 0)
               || ',"locations":[' || coalesce(s.listed, '') || ']}}}}', ',' ORDER BY v.position, v.id) AS listed
      FROM variants v
      JOIN listings l ON l.variant_id = v.id AND l.channel_id = $1 AND l.is_published
      LEFT JOIN LATERAL (:availability) s ON true
     WHERE v.product_id = p.id AND v.is_active
"""


def _variants(price: str, first: int) -> str:
    availability = _AVAILABILITY.replace(":first", str(first))
    return _VARIANTS.replace(":price", price).replace(":availability", availability)


LIST_JSON: Final = f"""
    SELECT string_agg('{{"id":"' || {_GLOBAL_ID.format("Product", "p")} || '","name":' || to_json(p.name)
               || ',"slug":' || to_json(p.slug)
               || ',"priceRange":{{"minimum":{{"amount":' || p.price_min_minor || ',"currency":"JPY"}}}}'
               || ',"variants":[' || coalesce(vs.listed, '') || ']}}', ',' ORDER BY p.id) FILTER (WHERE n <= 24),
           count(*), max(p.id) FILTER (WHERE n <= 24)
      FROM (SELECT p.id, {_NAME.format("p")} AS name, p.slug, l.price_min_minor,
                   row_number() OVER (ORDER BY l.product_id) AS n
              FROM product_listings l JOIN products p ON p.id = l.product_id
             WHERE l.channel_id = $1 AND l.product_id > $2 ORDER BY l.product_id LIMIT 25) p
      LEFT JOIN LATERAL ({_variants("", 5)}) vs ON n <= 24
"""
_PRICE: Final = """|| ',"price":{"amount":{"amount":' || l.price_minor || ',"currency":"JPY"}}'"""
DETAIL_JSON: Final = f"""
    SELECT '{{"id":"' || {_GLOBAL_ID.format("Product", "p")} || '","name":' || to_json({_NAME.format("p")})
               || ',"slug":' || to_json(p.slug) || ',"description":'
               || coalesce(to_json(coalesce(p.descriptions->>'ja', p.descriptions->>'en'))::text, 'null')
               || ',"variants":[' || coalesce(vs.listed, '') || ']}}'
      FROM products p
      LEFT JOIN LATERAL ({_variants(_PRICE, 20)}) vs ON true
     WHERE p.slug = $2 AND EXISTS (SELECT FROM product_listings x WHERE x.product_id = p.id AND x.channel_id = $1)
"""

NODE: Final = f"""
    SELECT p.id, {_NAME.format("p")}, p.slug FROM products p
     WHERE p.id = $2 AND EXISTS (SELECT FROM product_listings x WHERE x.product_id = p.id AND x.channel_id = $1)
"""
KEY: Final = """
    SELECT key.scopes FROM api_key_secrets secret JOIN api_keys key ON key.id = secret.key_id
     WHERE secret.secret_hash = $1 AND key.revoked_at IS NULL
       AND (key.expires_at IS NULL OR key.expires_at > now()) AND (secret.ends_at IS NULL OR secret.ends_at > now())
"""
STOCK_PAGE: Final = f"""
    SELECT v.sku, s.location_id, greatest({_FREE}, 0), on_hand, reserved, allocated, safety, s.version
      FROM (SELECT * FROM stock WHERE (variant_id, location_id) > ($1::bigint, $2::int)
             ORDER BY variant_id, location_id LIMIT 100) s
      JOIN variants v ON v.id = s.variant_id
     ORDER BY s.variant_id, s.location_id
"""
