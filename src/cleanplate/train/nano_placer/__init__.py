"""Training what places vera-nano's close-ups."""
