"""A crash test of the whole product: its processes are killed at random moments while customers and agents go on."""
