"""Marks the entries of approved matches reconciled."""
