"""The table of models, where their weights lie, and whether these are whole. Most of it is read without torch."""
