"""The highest rate that meets the targets: what to try next, and what was found."""
