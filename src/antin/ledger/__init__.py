"""A hash-chained, Merkle-committed log of entries. Knows nothing of what an entry means, nor of PDF."""
