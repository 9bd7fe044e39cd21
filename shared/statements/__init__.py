"""Bytes of a bank's file become exact statements, or a refusal that says why."""
