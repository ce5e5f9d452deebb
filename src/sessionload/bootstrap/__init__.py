"""How far a figure of a run may be from the truth, by resampling its seconds in blocks."""
