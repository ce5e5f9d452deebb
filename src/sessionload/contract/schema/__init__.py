"""The schemas of the document: read, judged by, and sampled from."""
