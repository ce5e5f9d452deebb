"""Ground floor: errors, secrets and units, the words every other floor speaks in."""
