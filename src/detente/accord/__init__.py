"""The policy both officers sign, and the estate it speaks of."""
