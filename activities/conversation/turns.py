"""A thread taken apart: what waits for an answer, what came before, and what we said last."""

from datetime import timedelta

from domain.messages import Turn

A_WHILE = timedelta(days=1)
"""After so long a silence a reply greets again."""
OURS = ("assistant", "agent")
Turns = tuple[Turn, ...]


def split_thread(thread: Turns) -> tuple[Turns, Turns]:
    """The turns before the unanswered ones, and the unanswered ones with the notices between them."""
    answered = max((index for index, turn in enumerate(thread) if turn.role in OURS), default=-1)
    return thread[: answered + 1], thread[answered + 1 :]


def customer_texts(turns: Turns) -> list[str]:
    """What the customer wrote, oldest first."""
    return [turn.text for turn in turns if turn.role == "customer"]


def our_texts(turns: Turns) -> list[str]:
    """What we or agents wrote, oldest first; notices answer nothing and are left out."""
    return [turn.text for turn in turns if turn.role in OURS]


def last_reply(thread: Turns) -> str | None:
    """The reply that the message at hand follows, None at the start of a conversation."""
    replies = our_texts(thread)
    return replies[-1] if replies else None


def exchanges(turns: Turns) -> list[tuple[str, str]]:
    """Each run of customer turns with the run of our replies to it, oldest first."""
    found: list[tuple[list[str], list[str]]] = []
    for turn in turns:
        if turn.role == "notice":
            continue
        if turn.role == "customer":
            if not found or found[-1][1]:
                found.append(([], []))
            found[-1][0].append(turn.text)
        else:
            if not found:
                found.append(([], []))
            found[-1][1].append(turn.text)
    return [("\n\n".join(asked), "\n\n".join(replied)) for asked, replied in found]


def greeted_before(thread: Turns) -> bool:
    """Whether the next reply need not greet: one of ours is in the thread, and no day or more lies in between."""
    replies = [turn for turn in thread if turn.role in OURS]
    if not replies:
        return False
    before, now = replies[-1].at, thread[-1].at
    return before is None or now is None or now - before < A_WHILE
