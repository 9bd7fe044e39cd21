"""Counts what a run brought and proves the balance."""
