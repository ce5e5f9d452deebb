"""What an answer must be: the OpenAPI document, made executable."""
