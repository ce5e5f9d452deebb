"""Whether a candidate is slower than a base, beyond noise."""
