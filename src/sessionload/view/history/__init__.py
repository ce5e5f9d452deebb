"""The runs of a folder as text and pages."""
