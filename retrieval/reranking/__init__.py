"""Reranking: a second, slower look at the few passages that both searches found."""
