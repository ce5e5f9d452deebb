"""What a run is worth: targets, the verdict, and the result that every view reads."""
