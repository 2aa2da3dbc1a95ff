"""The terms by which the keyword search finds a text, in five languages: the same for what is indexed and asked.

Pure and synchronous. Words are folded and stemmed, codes stand whole and in parts, numbers have one spelling.
"""

from retrieval.analysis.folding import fold
from retrieval.analysis.terms import MAX_QUESTION_TERMS, VERSION, question_terms, terms
from retrieval.analysis.typos import grams, similar_terms

__all__ = ["MAX_QUESTION_TERMS", "VERSION", "fold", "grams", "question_terms", "similar_terms", "terms"]
