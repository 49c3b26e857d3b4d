"""Walks the contract with partners against a running server, as a partner's system would.

It knows an address and a key, and nothing of the code behind them: plain HTTP, no database. It writes only with the key
of a sandbox partner, and only about test pickups that it makes.
"""
