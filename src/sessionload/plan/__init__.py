"""What shall be sent, when and by whom, and what the stub shall answer: pure arithmetic."""
