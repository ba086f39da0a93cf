"""What engines that run networks have in common: grids, devices, and what is told of their cost."""
