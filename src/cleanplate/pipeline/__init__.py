"""Edits, the protocols of the interchangeable parts, and resumable stages."""
