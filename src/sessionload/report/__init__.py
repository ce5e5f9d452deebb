"""A result for people and programs: page, Markdown, terminal text, JUnit, CSV, percentile distribution."""
