"""What every other package may lean on: errors, digests, canonical JSON, ids, time, limits."""
