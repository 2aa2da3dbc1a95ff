"""The turns before a message: what they mean for it. Pure, but for reading word lists once."""
