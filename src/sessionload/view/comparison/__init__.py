"""Two runs compared, as text and as a page."""
