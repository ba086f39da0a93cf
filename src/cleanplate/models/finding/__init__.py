"""What is to stay when all behind it changes, found by its name."""
