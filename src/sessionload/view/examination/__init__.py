"""A contract check as text and pages."""
