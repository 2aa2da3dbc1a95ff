"""Embedding models beside the one that ships: local ones through fastembed, remote ones through Cohere."""
