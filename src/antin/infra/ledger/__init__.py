"""The ledger on SQL, in files and over HTTP."""
