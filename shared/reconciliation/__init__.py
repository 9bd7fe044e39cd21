"""One ledger against one period: its lifecycle, its matches, its proof of balance."""
