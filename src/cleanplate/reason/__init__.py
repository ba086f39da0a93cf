"""Selection and track to reasoning: what else would change had the object never been there."""
