"""Files of weights: safetensors on disk, on the hub, their shapes and hashes."""
