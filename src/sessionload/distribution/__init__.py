"""One run by many generators: a master deals the arrivals, workers perform them, deltas come back."""
