"""Measuring: cases, evaluators, gates. Nothing is measured here yet; the figures of `make bench` are in `tests/bench`."""
