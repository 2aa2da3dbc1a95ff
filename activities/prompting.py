"""What a model is asked for a reply: the case, the data and the conversation, in the words of `prompts/reply.txt`."""

from collections.abc import Sequence
from itertools import groupby

from activities.generation.framing import is_greeted
from activities.generation.greeting import name_to_greet
from activities.generation.phrases import phrases, signature_of
from activities.injection.spotlighting import SIGNS, spotlight
from activities.prompt_data import documents_of
from activities.prompt_files import PromptFile, prompt_file, render
from domain.attachments import PromptImage
from domain.knowledge import Passage
from domain.messages import Turn, unanswered_text
from domain.ports import Prompt, PromptTurn
from domain.steps import GenerateInput
from domain.vocabulary import Intent, Language
from retrieval.invisible import visible

NO_ANSWER = "[[no answer]]"
"""What a model writes where the data do not answer, or only in part."""
QUESTION = "[[question]]"
"""What it writes below a reply that only asks the customer something."""
MAX_TURNS = 20
"""Turns before the message that is answered; older ones are left out."""
MAX_TURN = 2_000
"""Characters of each of them."""
MAX_BEFORE = 12_000
"""Characters of all of them; the last one goes along whatever its length."""
MAX_MESSAGE = 6_000
"""Characters of the message that is answered; of a longer one its two ends, since a long story asks at the end."""
MAX_REASON = 500
MAX_REJECTED = 3_000
FOR_A_PERSON = frozenset({Intent.REFUND, Intent.CANCEL, Intent.ACCOUNT, Intent.TECHNICAL_ISSUE})
_LANGUAGES = {
    Language.EN: "English",
    Language.ES: "Spanish",
    Language.FR: "French",
    Language.DE: "German",
    Language.PT: "European Portuguese",
}


def render_reply(
    request: GenerateInput,
    passages: Sequence[Passage],
    *,
    token: str,
    canary: str,
    images: Sequence[PromptImage] = (),
    name: str = "reply",
) -> Prompt:
    """What to ask a model for a reply. Pure: `token` (hex digits, drawn anew for each call) marks the data, `canary`
    the instructions. `images`: what it is shown of the files that the customer sent."""
    file = prompt_file(name)
    told = documents_of(request, passages)
    texts = [f"{each.title}\n{each.text}" for each in told]
    rejected = [request.rejected_text[:MAX_REJECTED]] if request.rejected_text else []
    lit = spotlight([*texts, *rejected], token=token, sign=_sign_for(token, "".join([*texts, *rejected])))
    documents = [each.model_copy(update={"text": text}) for each, text in zip(told, lit.passages, strict=False)]
    words = _shortened(visible(unanswered_text(request.case.thread)))
    message = file.text("message", message=words) if words.strip() else file.text("wordless")
    if rejected:
        reason = _line(request.rejection or "none was given", MAX_REASON)
        again = file.text("redraft", reason=reason, number=str(len(documents) + 1), rejected=lit.passages[-1])
        message = f"{message}\n\n{again}"
    slots = _slots(file, request, sees=bool(images)) | {"note": lit.note, "canary": canary}
    asked = render(name, slots, turns=_turns(file, request, message), documents=documents, sign=lit.sign)
    return asked.model_copy(update={"images": tuple(images)})


def _slots(file: PromptFile, request: GenerateInput, *, sees: bool) -> dict[str, str]:
    """What the case and the store's style put into the instructions."""
    policy, language = request.case.policy, request.classification.language
    style = policy.style
    formality = f"formality.{language.value}.{style.formality_in(language)}"
    lines = [file.text(formality)] if formality in file.sections else []
    if style.forbidden:
        words = ", ".join(f'"{_line(word, 100)}"' for word in style.forbidden)
        lines.append(file.text("forbidden", words=words))
    return {
        "store": _line(policy.name, 200),
        "today": request.case.query.received_at.date().isoformat(),
        "language": _LANGUAGES[language],
        "no_answer": NO_ANSWER,
        "question": QUESTION,
        "tone": file.text(f"tone.{style.tone}"),
        "address": _block(lines),
        "beginning": _beginning(file, request),
        "signature": signature_of(policy, language),
        "circumstances": _circumstances(file, request, sees=sees),
    }


def _beginning(file: PromptFile, request: GenerateInput) -> str:
    """Customers are greeted once a conversation."""
    if is_greeted(request):
        return file.text("beginning.go_on")
    language, lookup = request.classification.language, request.retrieval.lookup
    formality = request.case.policy.style.formality_in(language)
    words = phrases(language, formality)
    name = name_to_greet(lookup.orders, lookup.customer, first_only=formality == "informal")
    greeting = words.greeting_named.format(name=name) if name else words.greeting
    return file.text("beginning.greet", greeting=greeting)


def _circumstances(file: PromptFile, request: GenerateInput, *, sees: bool) -> str:
    lookup = request.retrieval.lookup
    lines = [file.text("identity")] if lookup.needs_identity else []
    if lookup.missing:
        orders = ", ".join(_line(order_id, 40) for order_id in lookup.missing[:3])
        lines.append(file.text("missing", orders=orders))
    if FOR_A_PERSON & {score.intent for score in request.classification.intents}:
        lines.append(file.text("person"))
    if request.case.query.attachments:
        lines.append(file.text("images" if sees else "attachments"))
    return file.text("circumstances", lines="\n".join(lines)) + "\n\n" if lines else ""


def _turns(file: PromptFile, request: GenerateInput, message: str) -> tuple[PromptTurn, ...]:
    """The conversation, each side's turns in a row as one, and last the message that is answered."""
    before = _newest([(turn.role, _shortened(visible(turn.text), MAX_TURN)) for turn in _before(request.case.thread)])
    said = [("user" if role == "customer" else "assistant", text) for role, text in before]
    said = [(role, text) for role, text in said if text.strip()]  # servers refuse what is empty
    if said and said[0][0] == "assistant":
        said.insert(0, ("user", file.text("opening")))
    said.append(("user", message))
    return tuple(
        PromptTurn.model_validate({"role": role, "text": "\n\n".join(text for _, text in together)})
        for role, together in groupby(said, key=lambda each: each[0])
    )


def _newest(turns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The newest turns within the bounds, in order."""
    kept: list[tuple[str, str]] = []
    left = MAX_BEFORE
    for role, text in reversed(turns[-MAX_TURNS:]):
        left -= len(text)
        if left < 0 and kept:
            break
        kept.append((role, text))
    return kept[::-1]


def _before(thread: Sequence[Turn]) -> list[Turn]:
    """What was said before the message that is answered, without notices."""
    said = [turn for turn in thread if turn.role != "notice"]
    while said and said[-1].role == "customer":
        said.pop()
    return said


def _sign_for(token: str, text: str) -> str:
    """One of SIGNS that the text does not hold, chosen by the token."""
    free = [each for each in SIGNS if each not in text] or list(SIGNS)
    return free[sum(token.encode()) % len(free)]


def _block(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _shortened(text: str, most: int = MAX_MESSAGE) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}\n…\n{text[-most // 2 :]}"


def _line(text: str, most: int) -> str:
    return " ".join(visible(text[: 4 * most]).split())[:most]
