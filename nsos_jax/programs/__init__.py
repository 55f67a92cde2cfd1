"""Sum-of-squares programs: unknown polynomials and numbers, bounds, sets, and proofs of what was found."""
