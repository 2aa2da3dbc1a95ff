"""From what a model wrote to a reply: whether it may be used at all, of what kind it is and what it rests on. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from activities.generation.grounds import Sentence, coverage, facts_used, told_sentences
from activities.generation.holding import holding_reply
from activities.generation.phrases import signature_of
from activities.generation.refunds import facts_of_proposal, refund_proposal
from activities.prompt_data import ORDER, facts_told
from activities.prompting import NO_ANSWER, QUESTION
from domain.drafts import Citation
from domain.findings import Reason
from domain.knowledge import Passage
from domain.ports import Composed, ModelCitation, Prompt, Written
from domain.steps import GenerateInput
from domain.vocabulary import Intent

PARTLY = Reason(code="model_partly", text="The language model found an answer to a part of the message only.")
SHORT_LINE = 80
"""Characters of a first line that may be a greeting, and of a last one that may be a signature."""
TOLD = frozenset({"provider", "model", "input_tokens", "output_tokens"})
"""What is told of every call, whatever became of its text."""


class _Said(NamedTuple):
    """What a model wrote, without the marks that tell of its kind."""

    text: str
    citations: Sequence[ModelCitation]
    partly: bool
    """It says that the answer, or a part of it, was not to be found."""
    asks: bool
    """It says that this is a question."""


def composed_of(
    request: GenerateInput, passages: Sequence[Passage], prompt: Prompt, written: Written, *, token: str
) -> Composed:
    """The reply. `token` marks the data in this prompt. What may not be used becomes a text that promises a person,
    with the reason."""
    said = _read(prompt, written)
    reason = _unusable(request, written, said, token)
    if reason is not None:
        composed = Composed(text=holding_reply(request), kind="holding", reasons=(reason,))
    else:
        composed = _reply(request, passages, said)
    proposal = refund_proposal(request, passages, ()) if _wants_money_back(request) else None
    facts = composed.facts | facts_of_proposal(proposal)
    told = written.model_dump(include=set(TOLD))
    return composed.model_copy(update={**told, "proposal": proposal, "facts": facts})


def _wants_money_back(request: GenerateInput) -> bool:
    """Whether a refund is among what the customer wants: reckoned for the agent by rule, never by the model."""
    return Intent.REFUND in {score.intent for score in request.classification.intents}


def _read(prompt: Prompt, written: Written) -> _Said:
    """Blanks stand in for marks, so that citations keep their places until the blanks around the text are cut off."""
    bare = written.text
    for mark in (NO_ANSWER, QUESTION, prompt.sign):
        bare = bare.replace(mark, " " * len(mark)) if mark else bare
    text = bare.strip()
    ahead = len(bare) - len(bare.lstrip())
    known = {document.id for document in prompt.documents}
    citations = []
    for each in written.citations:
        start, end = max(0, each.start - ahead), min(len(text), each.end - ahead)
        documents = tuple(document for document in each.documents if document in known)
        if start < end and documents:
            citations.append(ModelCitation(start=start, end=end, documents=documents))
    return _Said(text, citations, partly=NO_ANSWER in written.text, asks=QUESTION in written.text)


def _unusable(request: GenerateInput, written: Written, said: _Said, token: str) -> Reason | None:
    """Why what was written is no reply; None when it may be one."""
    if written.ending == "refused":
        return Reason(code="model_refused", text="The language model would not write an answer.")
    if said.partly and not of_its_own(request, said.text):
        return Reason(code="model_no_answer", text="The language model found no answer in what it was given.")
    if written.ending == "cut":
        return Reason(code="model_cut", text="What the language model wrote was cut at HOLDPOINT_MODEL_MAX_TOKENS.")
    if not of_its_own(request, said.text):
        return Reason(code="model_empty", text="The language model wrote nothing that answers.")
    if token in said.text:
        return Reason(code="model_marks", text="The language model repeated marks of its instructions.")
    if request.rejected_text is not None and said.text == request.rejected_text.strip():
        return Reason(code="model_same_again", text="The language model wrote the rejected text once more.")
    return None


def _reply(request: GenerateInput, passages: Sequence[Passage], said: _Said) -> Composed:
    language = request.classification.language
    citations = cited(passages, said.citations)
    documents = {document for each in said.citations for document in each.documents}
    orders = {document.removeprefix(ORDER) for document in documents if document.startswith(ORDER)}
    facts = facts_used(said.text, facts_told(request, passages), orders, language)
    sentences = of_its_own(request, said.text)
    spans = [(each.start, each.end) for each in said.citations]
    alone = len(sentences) == 1 and sentences[0].text.rstrip('"”»').endswith("?")
    return Composed(
        text=said.text,
        kind="clarification" if (alone or said.asks) and not citations else "answer",
        citations=citations,
        facts=facts,
        coverage=coverage(sentences, spans, facts, language),
        reasons=(PARTLY,) if said.partly else (),
    )


def cited(passages: Sequence[Passage], citations: Sequence[ModelCitation]) -> tuple[Citation, ...]:
    """The passages that the text rests on, those found best first."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for each in citations:
        for document in each.documents:
            spans.setdefault(document, []).append((each.start, each.end))
    return tuple(_citation(each, spans[each.passage_id]) for each in passages if each.passage_id in spans)


def _citation(passage: Passage, spans: Sequence[tuple[int, int]]) -> Citation:
    return Citation(
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        content_hash=passage.content_hash,
        title=passage.title,
        url=passage.url,
        spans=tuple(sorted(set(spans))),
    )


def of_its_own(request: GenerateInput, text: str) -> list[Sentence]:
    """The sentences that say something: without a line that greets, and without the signature."""
    language, policy = request.classification.language, request.case.policy
    first, line, _ = text.partition("\n")
    start = len(first) if line and len(first) <= SHORT_LINE and first.rstrip().endswith((",", "!", ":")) else 0
    signature = signature_of(policy, language).strip()
    end = text.rfind(signature) if signature else -1
    if end < 0:
        last = text.rstrip().rpartition("\n")[2]
        signs = policy.name in last and len(last) <= SHORT_LINE and last[-1:].isalnum()
        end = len(text.rstrip()) - len(last) if signs else len(text)
    return [each for each in told_sentences(text, language) if start <= each.start < end]
