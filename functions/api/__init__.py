"""The HTTP API: one function, four dialects of one domain."""
