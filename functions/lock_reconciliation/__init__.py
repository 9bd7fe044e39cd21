"""Locks a reconciliation whose entries are cleared."""
