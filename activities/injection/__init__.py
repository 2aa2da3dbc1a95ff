"""Finding orders to the machine in what customers write, documents say and replies repeat."""
