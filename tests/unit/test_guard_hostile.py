"""Hostile input: no crash, no slow path, whatever is sent as message, reply or passage."""

import time

import pytest

from activities.guarding.context import Context
from domain.vocabulary import Language
from tests.guard_world import GUARD, RETURNS

LENGTH = 100_000
PIECES = [
    "a", "1.", "1 ", "a@", "€ ", "no ", "nein, ", "(", "- ", "{{", "[your ", "\u202eabc ", "a\u200b", "р\u0430y ",
    "AB12 ", "+49 30 12345678 ", "hp-abcdef012345-", "| a | no |\n", "a: not b; ", "a@b.co ", "http://a.b/ ", "\n",
    "\x00", '{"a": [1, "x"]}, ', "<div onclick=x>hi</div>", "30 days €4.95 12 June 2026 ",
    "We refund you, if not, but only. ",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("where", ["message", "reply", "passage"])
def test_a_hundred_thousand_characters_take_a_moment(piece: str, where: str) -> None:
    text = (piece * LENGTH)[:LENGTH]
    context = Context(
        message=text if where == "message" else "A question.",
        reply=text if where == "reply" else "You can return it within 30 days.",
        language=Language.EN,
        passages=(RETURNS[Language.EN], text) if where == "passage" else (RETURNS[Language.EN],),
    )
    begun = time.process_time()
    findings = GUARD.inspect_alone(context)
    assert time.process_time() - begun < 2
    assert len(findings) < 200
    if where == "reply":
        assert "empty_or_huge" in {finding.check for finding in findings}


@pytest.mark.parametrize(
    "text", ["https://evil.example/x", "photo.jpg", "{}", "<html></html>", "\u202e", "\ud83d", "null"]
)
def test_messages_that_are_no_sentence_pass_through(text: str) -> None:
    assert GUARD.inspect(Context(message=text)) == ()
    GUARD.inspect(Context(message=text, reply=text, language=Language.EN, passages=(text,), facts=(text,)))
