"""Engines: each turns an edit into a layer."""
