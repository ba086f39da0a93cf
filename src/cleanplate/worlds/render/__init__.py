"""Renderers: pictures, masks and depth of a simulated scene."""
