"""The pictures of a run, one module each, and what they are drawn with."""
