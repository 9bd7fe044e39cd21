"""The `tieout` command line."""
