"""What was sold and its state, whatever channel it came from.

Nothing becomes an order twice: (source_system, external_reference) is unique. An order's total is the sum
of its lines plus shipping, its tax is rounded once per rate, and a line never has more units fulfilled,
canceled and short than ordered. Status, payment status and fulfillment status move only along the steps in
`model.py`; each change raises the version, is told to the feed and is written to the order's history.
"""
