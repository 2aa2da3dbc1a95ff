"""From a question to the few passages that may answer it."""
