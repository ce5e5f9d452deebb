"""A contract check as page, Markdown, JUnit and terminal text."""
