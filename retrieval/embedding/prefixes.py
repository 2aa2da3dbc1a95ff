"""What some models want to read before a text, so that they know whether it asks or answers."""

from fnmatch import fnmatchcase

from domain.ports import EmbeddingRole

_SEARCH = "Represent this sentence for searching relevant passages: "
_INSTRUCT = "Instruct: Given a customer's question, retrieve the passages that answer it\nQuery:"

_PREFIXES: tuple[tuple[str, str, str], ...] = (
    ("*e5-*", "query: ", "passage: "),
    ("nomic-ai/nomic-embed-text-*", "search_query: ", "search_document: "),
    ("baai/bge-*-en*", _SEARCH, ""),
    ("baai/bge-*-zh*", "为这个句子生成表示以用于检索相关文章：", ""),
    ("mixedbread-ai/mxbai-embed-large-v1", _SEARCH, ""),
    ("snowflake/snowflake-arctic-embed-*", _SEARCH, ""),
    ("google/embeddinggemma-*", "task: search result | query: ", "title: none | text: "),
    ("qwen/qwen3-embedding-*", _INSTRUCT, ""),
    ("qdrant/stella-*", _INSTRUCT, ""),
)
"""A model's name in lower case, what goes before a question, what goes before a passage: as their cards ask for."""


def prefixes_of(model: str) -> dict[EmbeddingRole, str]:
    """What goes before a text of each role; nothing for a model that does not tell the two apart by a prefix."""
    for pattern, question, passage in _PREFIXES:
        if fnmatchcase(model.lower(), pattern):
            return {"question": question, "passage": passage}
    return {"question": "", "passage": ""}
