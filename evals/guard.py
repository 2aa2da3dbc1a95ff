"""The guard: does it notice what one change makes wrong in a good reply, and does it leave the good reply alone?"""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from activities.guarding.guard import Guard
from domain.findings import Finding
from domain.vocabulary import Language
from evals.intervals import Estimate, share
from evals.metamorphic import KINDS, changes_of
from evals.replies import DEMO, Half, WrittenReply, half_of, read_replies, seen_by_guard
from evals.tables import Part, Table, written

HALVES: tuple[Half, ...] = ("dev", "sealed")
CAUGHT, LEFT_ALONE = 0.98, 0.98
"""Least share of changed replies that are flagged, and of good ones that are not."""
HARDEST = "swapped"
"""Not among the aims: every value of such a reply stands in its sources."""
QUESTIONS = Path(__file__).parents[1] / "retrieval" / "resources" / "questions.jsonl"
Answer = Callable[[str, str | None], Awaitable[Sequence[Finding]]]
"""From a message and the verified address of who wrote it to what the guard found in the generator's draft."""


@dataclass
class _Counted:
    """Outcomes by kind and by language; good replies apart."""

    good: dict[str, list[bool]] = field(default_factory=dict)
    changed: dict[str, list[bool]] = field(default_factory=dict)
    by_language: dict[str, list[bool]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def add(self, table: dict[str, list[bool]], name: str, *, outcome: bool) -> None:
        """One more outcome under a name."""
        table.setdefault(name, []).append(outcome)


async def measure_guard(guard: Guard, answer: Answer | None = None) -> Part:
    """Good and changed replies of both halves; with `answer` also what the real generator writes for the demo store's
    messages and questions. Nothing of the sealed half is told but counts."""
    part = Part("guard")
    guard.warm_up()
    halves = {half: _count(guard, [each for each in read_replies() if half_of(each.id) == half]) for half in HALVES}
    part.tables.append(_changes_table(part, halves))
    part.tables.append(_languages_table(part, halves))
    part.tables.append(_good_table(part, halves, await _generated(answer) if answer else {}))
    return part


def _count(guard: Guard, replies: Sequence[WrittenReply]) -> _Counted:
    counted = _Counted()
    for reply in replies:
        context, language = seen_by_guard(reply), reply.language.value
        begun = time.perf_counter()
        flagged = bool(guard.inspect(context))
        counted.seconds.append(time.perf_counter() - begun)
        counted.add(counted.good, language, outcome=flagged)
        if flagged:  # its changes would count as noticed, whatever they are
            continue
        sources = "\n".join(passage.text for passage in reply.passages)
        for change in changes_of(reply.reply, reply.language, sources):
            caught = bool(guard.inspect(context._replace(reply=change.text)))
            counted.add(counted.changed, change.kind, outcome=caught)
            if change.kind != HARDEST:
                counted.add(counted.by_language, language, outcome=caught)
    return counted


def _changes_table(part: Part, halves: dict[Half, _Counted]) -> Table:
    rows = []
    for kind in KINDS:
        rows.append([kind, *_cells(part, f"changed {kind}", kind, [halves[half].changed for half in HALVES]), ""])
    both = [_all_but_hardest(halves[half]) for half in HALVES]
    aim = part.aim("guard: changed replies of the sealed half that are flagged", both[1], CAUGHT)
    rows.append(["all but swapped", *(cell for each in both for cell in (str(each.n), written(each))), aim])
    part.figures["changed"] = dict(zip(HALVES, both, strict=True))
    notes = (
        "One change at a time in a good reply that is not flagged itself. dropped, added: a negation; turned: a word "
        "for its contrary; swapped: a value for another of the same sources. The guard was built looking at the dev "
        "half alone. Changes of one reply are not independent, so that the intervals are somewhat too narrow.",
    )
    return Table("Guard: replies that one change made wrong", _header("change", "flagged"), rows, notes)


def _languages_table(part: Part, halves: dict[Half, _Counted]) -> Table:
    rows = [
        [each.value, *_cells(part, f"changed {each.value}", each.value, [halves[half].by_language for half in HALVES])]
        for each in Language
    ]
    return Table("Guard: the same by language, without swapped", _header("language", "flagged")[:-1], rows)


def _good_table(part: Part, halves: dict[Half, _Counted], generated: dict[str, list[bool]]) -> Table:
    rows = [[each.value, *_passed(part, each.value, halves)] for each in Language]
    left = [_left_alone([flag for flags in halves[half].good.values() for flag in flags]) for half in HALVES]
    aim = part.aim("guard: good replies of the sealed half that are left alone", left[1], LEFT_ALONE)
    rows.append(["all", *(cell for each in left for cell in (str(each.n), written(each))), aim])
    part.figures["left alone"] = dict(zip(HALVES, left, strict=True))
    for name, flags in generated.items():
        found = _left_alone(flags)
        part.figures[f"left alone: {name}"] = found
        told = part.aim(f"guard: {name} left alone", found, LEFT_ALONE)
        rows.append([name, str(found.n), written(found), "", "", told])
    seconds = [second for half in HALVES for second in halves[half].seconds]
    milliseconds = {"p50": _quantile(seconds, 0.5), "p95": _quantile(seconds, 0.95)}
    part.figures["milliseconds"] = milliseconds
    note = (
        f"One inspection took {milliseconds['p50']:.1f} / {milliseconds['p95']:.1f} ms (p50 / p95), passages new to it."
    )
    return Table("Guard: good replies that are left alone", _header("replies", "left alone"), rows, (note,))


async def _generated(answer: Answer) -> dict[str, list[bool]]:
    """Whether the generator's drafts are flagged; a source in another language is a reason of its own and no fault."""
    flags: dict[str, list[bool]] = {}
    for name, path in (("generated: messages", DEMO / "messages.jsonl"), ("generated: questions", QUESTIONS)):
        for line in path.read_text(encoding="utf-8").splitlines():
            asked = json.loads(line)
            findings = await answer(asked["text"], asked.get("email"))
            wrong = [each for each in findings if each.on != "message" and each.check != "other_language"]
            flags.setdefault(name, []).append(bool(wrong))
    return flags


def _cells(part: Part, figure: str, name: str, tables: Sequence[dict[str, list[bool]]]) -> list[str]:
    found = [share(table.get(name, [])) for table in tables]
    part.figures[figure] = dict(zip(HALVES, found, strict=True))
    return [cell for each in found for cell in (str(each.n), written(each) if each.n else "")]


def _passed(part: Part, name: str, halves: dict[Half, _Counted]) -> list[str]:
    found = [_left_alone(halves[half].good.get(name, [])) for half in HALVES]
    part.figures[f"left alone {name}"] = dict(zip(HALVES, found, strict=True))
    return [*(cell for each in found for cell in (str(each.n), written(each) if each.n else "")), ""]


def _all_but_hardest(counted: _Counted) -> Estimate:
    return share([caught for kind, outcomes in counted.changed.items() if kind != HARDEST for caught in outcomes])


def _left_alone(flags: Sequence[bool]) -> Estimate:
    return share([not flag for flag in flags])


def _header(first: str, what: str) -> tuple[str, ...]:
    return (first, "n dev", f"{what}, dev [95%]", "n sealed", f"{what}, sealed [95%]", "aim")


def _quantile(seconds: Sequence[float], quantile: float) -> float:
    return float(np.quantile(seconds, quantile) * 1_000) if seconds else float("nan")
