"""Selection to track: clicks, boxes and strokes become the mask of an object over time."""
