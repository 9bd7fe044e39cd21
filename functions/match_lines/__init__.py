"""Matches statement lines with book entries."""
