"""The cellar: database access, outbox, errors, ids, money, paging. No slice's rules live here."""
