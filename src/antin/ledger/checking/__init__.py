"""Checking a ledger from its bytes; what is found, at which level, with what evidence."""
