"""The engine `vera`: an instruction becomes an edit layer, by the mixture of transformers (arXiv 2606.23610)."""
