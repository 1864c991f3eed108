"""The tree over all entries: ranges, tiles, and the proofs that are made from them."""
