"""Stores matches and claims their members."""
