"""The book side: businesses, their ledgers, and the transactions a bank line can clear."""
