"""The charts of a report, and the tables below them."""
