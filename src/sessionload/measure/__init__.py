"""What happened: an exchange with its three instants, and the values that many of them add up to."""
