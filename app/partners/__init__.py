"""Who acts on the API: partner companies, and the keys of partners, staff and systems.

A key is shown once, when it is made; only its hash is kept. Its name is what histories and the ledger record as the
actor, and it is never given to another key.
"""
