"""People: skeletons moved by motion capture or by rule, and bodies for them."""
