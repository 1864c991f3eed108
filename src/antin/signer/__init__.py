"""PAdES production: admissibility, appearance, two phases, augmentation. Knows no ledger."""
