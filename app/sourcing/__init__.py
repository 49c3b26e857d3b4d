"""Which location serves which line, and by which delivery modes goods can reach a buyer.

The rules are pure functions over places, goods and stock levels; this slice owns no table. What it proposes
is a plan made from an unlocked look at the stock: the inventory decides under its locks and may fall back
along the plan.
"""
