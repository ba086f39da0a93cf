"""Where: selections, tracks, reasoning documents, quadmasks, and operations on masks."""
