"""What the guard looks for in a message and its draft, and how sure we are of a draft."""
