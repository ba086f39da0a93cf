"""What all transformers share: patches, places, attention, and its keys and values over calls and processes."""
