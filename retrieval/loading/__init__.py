"""How knowledge gets into the store: versions, what a passage is found by, statistics, and making it all anew."""
