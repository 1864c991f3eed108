"""A hash-chained, Merkle-committed log of entries; knows neither what they mean nor PDF."""
