"""What is looked up for a customer in the store's systems, and for whom: identity before data."""
