"""Two sets with an answer key, fixed by seed and checked by hash; no training run sees them."""
