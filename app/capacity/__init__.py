"""What a place can take at a time: compartments of lockers, reserved for a period.

A compartment holds the goods of one delivery at a time. A reservation is a row with a period; PostgreSQL makes it
impossible that two of one compartment overlap. What is decided at a station is decided under its lock, one behind the
other, on everything that is known of it: see `model.stations`.
"""
