"""Benchmarks: `make bench`. They print figures with ratios; nothing here asserts a time."""
