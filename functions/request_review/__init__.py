"""Hands a matched reconciliation to people."""
