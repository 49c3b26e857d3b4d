"""Where goods are and where they are handed over: warehouses, stores, partners' points.

Owns locations, groups of locations and the table of postal areas. True at all times: there is exactly one
location of the kind IN_TRANSIT, it is in no group, and it neither ships nor hands over.
"""
