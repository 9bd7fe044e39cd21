"""Says who is calling, and never refuses: the api function answers 401 in each dialect."""
