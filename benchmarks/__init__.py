"""What signing and checking cost, beside what they can't cost less than; ``make bench`` runs it."""
