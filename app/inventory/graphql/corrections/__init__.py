"""Corrections of stock in the API: what is there is not what the ledger says."""
