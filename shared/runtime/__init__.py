"""What a handler needs around a use case: settings, logging, wiring."""
