"""Plates: decoding, encoding, timing, colour, audio."""
