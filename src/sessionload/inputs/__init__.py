"""What people write, checked: scenarios, environments and the guards between the two."""
