"""Two results, compared: what differs, how surely, and whether the second is slower."""
