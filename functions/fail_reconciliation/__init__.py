"""Marks a reconciliation failed with a reason a user can act on."""
