"""What shall be sent, when and by whom: schedules and user IDs, as pure functions of the arrival's number."""
