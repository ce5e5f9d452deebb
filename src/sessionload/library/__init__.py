"""The library: what other programs may use, and what stays as it is from version to version."""
