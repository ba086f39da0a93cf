"""Models that look at pictures and write text."""
