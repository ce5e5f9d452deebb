"""A comparison as page, Markdown and terminal text."""
