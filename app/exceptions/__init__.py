"""What the shop cannot solve by itself and a person must: one queue for all areas.

A case says what is wrong (its kind), with what (its subject) and what is known (its facts). There is at most one open
case of a kind and subject: who finds the trouble again finds the case. Areas open cases, and close them when the
trouble went away; people close the others.
"""
