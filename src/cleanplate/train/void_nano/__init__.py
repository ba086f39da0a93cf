"""void-nano: small enough for a laptop, and trained from worlds that are made as it goes."""
