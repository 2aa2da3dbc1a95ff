"""What the command `batch` does with each line."""
