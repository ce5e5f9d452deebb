"""The runs of a folder as page, Markdown and terminal text."""
