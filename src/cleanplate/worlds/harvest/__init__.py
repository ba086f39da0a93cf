"""Layered clips from real footage: select, matte, clean plate, and a person's yes."""
