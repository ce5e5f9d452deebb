"""A result, turned into the rows that all views share."""
