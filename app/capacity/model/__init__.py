"""Rules of capacity. No I/O.

`parcels`: what fits where. `compartments`: the life of a compartment. `stations`: who gets which compartment.
"""
