"""What a request must bring: address, headers, key, parameters and body."""
