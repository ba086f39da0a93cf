"""vera-nano: small enough for a laptop, and trained from layered clips that are put together as it goes."""
