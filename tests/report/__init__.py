"""A package, so that a fixture can live as long as the tests of this folder."""
