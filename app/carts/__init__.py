"""What a buyer intends to buy, and how each part of it is to be handed over.

A cart promises nothing: it sets no stock aside, and what is wrong with it is told as data, never by
failing. Knowing a cart's id, which nobody can guess, is the permission to read and change it. A variant
has one line per cart, a delivery at least one line, and a cart that became an order does not change again.
After 30 days without a change a cart stays readable only.
"""
