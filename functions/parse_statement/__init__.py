"""Takes in statement files and stores their lines."""
