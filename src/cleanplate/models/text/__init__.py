"""From instructions to tokens that a transformer reads."""
