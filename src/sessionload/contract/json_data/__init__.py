"""JSON as it is: read strictly, compared exactly, and the places in it."""
