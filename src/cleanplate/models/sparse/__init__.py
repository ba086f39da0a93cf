"""Which tokens and blocks need not be computed, and what stands in for them. Compute follows the edit."""
