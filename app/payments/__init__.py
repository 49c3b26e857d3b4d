"""Authorisation, capture and voiding of money, by provider.

A payment's id is the key under which a provider is asked: however often it is asked, money moves once. An
order has at most one payment that still can take money, and a payment never goes back from a state in which
it ended.
"""
