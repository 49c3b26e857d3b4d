"""How many units of each variant lie where, who they are promised to, and how every figure came about.

What always holds: nothing is sold twice (reserved + allocated never exceed on_hand); each counter is the sum
of its ledger rows and `version` is their number; each promise is a row in `holds`; units under way between
two locations lie at the one location of kind IN_TRANSIT. Every action locks holds first and stock second,
each in key order.
"""
