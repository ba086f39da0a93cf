"""Transformers, codecs, text encoders, the table of models, and how weights are loaded.

Letters of shape suffixes in this room: B clips, C channels of a latent, T H W its frames, rows and columns, P samples
of a patch, L tokens of a branch, A tokens that are asked (queries), K tokens that are looked at (keys), N heads,
E channels of a head, D channels of the model, F inner channels of a feed-forward, S tokens of text.
"""
