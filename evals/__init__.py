"""Measuring: cases, evaluators, gates. Nothing is measured here yet; `make bench` is in `tests/bench`."""
