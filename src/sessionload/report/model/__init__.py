"""A result as rows and numbers that all views share."""
