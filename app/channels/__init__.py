"""Where a sale happens: currency, languages, the locations that serve it, ways to pay, the price of shipping.

A channel sells in one currency, from the active locations of one group.
"""
