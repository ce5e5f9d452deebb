"""What a search for the capacity found, for people and for programs."""
