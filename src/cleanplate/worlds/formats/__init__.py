"""How made and published data lies on disk: VOID's layout, Vera's, and shards of either."""
