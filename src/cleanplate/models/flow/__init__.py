"""RAFT: optical flow by a network (Teed & Deng, ECCV 2020, arXiv 2003.12039)."""
