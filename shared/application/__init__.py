"""Use cases: each takes the stores and a command, and does one thing that is safe to repeat."""
