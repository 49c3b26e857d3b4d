"""Who is told of facts outside of the shop: webhook endpoints, and each delivery with all its attempts.

A reader of the outbox writes a delivery for every fact and endpoint that wants it, in the transaction that moves its
cursor: none is lost, none is written twice. Deliveries are sent until they are answered with 2xx, those of one key in
the order of the facts; at least once, because an answer may be lost with the process that waited for it.
"""
