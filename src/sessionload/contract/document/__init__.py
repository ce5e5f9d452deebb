"""The OpenAPI document: its parts, its servers, and the operation that starts a session."""
