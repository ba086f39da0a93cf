"""From an answer in words and cells to one whose every part lies on the picture: tracks, and ways to go."""
