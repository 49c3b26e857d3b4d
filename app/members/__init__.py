"""The shop's customers as members: who they are and how to reach them.

Only staff see members. A member has one number of the shop's, and at most one reference in another system.
"""
