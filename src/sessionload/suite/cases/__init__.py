"""The cases of the suite, derived from the OpenAPI document."""
