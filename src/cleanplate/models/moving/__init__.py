"""void-nano: what moves is taken from where the plate shows it.

Letters of shape suffixes: T H W frames, rows and columns of the working size; clips stand alone, as batches of 1.
"""
