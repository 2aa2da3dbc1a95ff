"""Frozen values, ports and the error tree. Imports nothing of ours, and no client library."""
