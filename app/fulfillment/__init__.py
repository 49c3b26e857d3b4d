"""Who ships or hands over what, from where: work instructions, shipments and pickups.

A placed order becomes one fulfillment per delivery and location: a parcel (SHIP) or a hand-over at an own
store (PICKUP). Each asks people for work: pick, ship, send or receive a transfer, prepare a pickup. A pickup
is collected with a code that is derived from the installation's secret key and never stored.

What always holds: the units of an open fulfillment are claimed by its order; nothing leaves twice; an order
of which anything has left is not canceled; a pickup is collected only after its code was verified.
"""
