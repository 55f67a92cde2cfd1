"""Real zeros of nonnegative polynomials: found, refined to any number of digits, and what is rational about them."""
