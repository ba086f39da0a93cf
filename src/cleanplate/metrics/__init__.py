"""Measures of results against a known truth. Pure functions on arrays."""
