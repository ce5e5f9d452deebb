"""Whether one response is what the OpenAPI document promises."""
