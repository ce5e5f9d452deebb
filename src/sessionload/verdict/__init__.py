"""What a run is worth: targets, accounting, the verdict and the result that holds them."""
