"""What an answer must be: status, headers, body, and the session key in it."""
