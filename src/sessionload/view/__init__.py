"""What a result looks like: prepared rows first, then terminal text, Markdown, JUnit, CSV and one page."""
