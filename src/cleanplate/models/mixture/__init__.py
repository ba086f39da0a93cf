"""The mixture of transformers: branches with weights of their own and joint attention (Vera)."""
