"""sessionload: load and contract testing for the *start session* endpoint."""

__version__ = "0.1.0"
