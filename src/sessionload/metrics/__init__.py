"""What happened: exchanges with their three instants, and the values that many of them add up to."""
