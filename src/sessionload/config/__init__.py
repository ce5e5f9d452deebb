"""What people write, checked: scenarios and environments, and the run that follows from them."""
