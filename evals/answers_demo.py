"""The part `demo`: are the answers right and complete that leave by themselves? Facts are checked by a program."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from domain.vocabulary import Language
from evals.answer_outcomes import AnswerOutcome
from evals.answer_questions import AnswerQuestion
from evals.intervals import Estimate, share
from evals.tables import Part, Table, written

AIM_RIGHT, AIM_AUTOMATED, AIM_EVERY = 0.90, 0.70, 1.0
Ask = Callable[[AnswerQuestion], Awaitable[AnswerOutcome]]
"""Takes a question through the whole graph."""
TELL_EVERY = 50


async def measure_answers(
    questions: Sequence[AnswerQuestion],
    ask: Ask,
    say: Callable[[str], None],
    *,
    name: str,
    sealed: bool,
    part: str = "demo",
) -> Part:
    """Asks every question, one after the other. Of sealed ones only counts are told, never a question or a reply."""
    outcomes = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(await ask(question))
        if done % TELL_EVERY == 0 or done == len(questions):
            say(f"  {done} of {len(questions)} questions answered")
    return answers_part(outcomes, name=name, sealed=sealed, part=part)


def answers_part(outcomes: Sequence[AnswerOutcome], *, name: str, sealed: bool, part: str = "demo") -> Part:
    """The figures of questions that were answered. Pure."""
    found = Part(part)
    found.figures["questions"] = name
    found.tables += [_main(found, outcomes, name), _drafts(found, outcomes), _clarified(found, outcomes)]
    found.tables += [_held(found, outcomes), _grounded(found, outcomes), _intents(found, outcomes)]
    if not sealed:
        found.tables.append(_wrong(outcomes))
        found.figures["each"] = list(outcomes)
    return found


def _groups(outcomes: Sequence[AnswerOutcome]) -> list[tuple[str, list[AnswerOutcome]]]:
    rows = [(each.value, [one for one in outcomes if one.language is each]) for each in Language]
    return [("all", list(outcomes)), *((name, mine) for name, mine in rows if mine)]


def _main(part: Part, outcomes: Sequence[AnswerOutcome], name: str) -> Table:
    rows, figures = [], {}
    for group, mine in _groups(outcomes):
        allowed = [one for one in mine if one.may_leave]
        automated, of_allowed = share([one.automated for one in mine]), share([one.automated for one in allowed])
        right = share([one.right for one in mine if one.automated])
        figures[group] = {"automated": automated, "automated of tier 1": of_allowed, "right of those sent": right}
        whole = group == "all"
        aim = (
            (part.aim("automated share", automated, AIM_AUTOMATED), part.aim("right of those sent", right, AIM_RIGHT))
            if whole
            else ("", "")
        )
        row = [group, str(len(mine)), written(automated), aim[0], str(len(allowed)), written(of_allowed)]
        rows.append([*row, str(right.n), _cell(right), aim[1]])
    part.figures["answers"] = figures
    header = ("language", "n", "automated [95%]", "aim", "tier 1", "automated of these [95%]", "sent")
    notes = (
        "Automated: answers that left by themselves. Questions back, notices and holding replies are not counted.",
        "Tier 1: the store's table lets it leave, it can be answered and needs no question back.",
        "Right and complete: every fact is there, and nothing that is wrong.",
    )
    return Table(f"Answers: {name} questions", (*header, "right and complete [95%]", "aim"), rows, notes)


def _drafts(part: Part, outcomes: Sequence[AnswerOutcome]) -> Table:
    rows, figures = [], {}
    for group, mine in _groups(outcomes):
        drafts = [one for one in mine if one.kind is not None]
        answers = [one for one in drafts if one.kind == "answer"]
        right, of_answers = share([one.right for one in drafts]), share([one.right for one in answers])
        held = share([one.right for one in answers if not one.sent])
        figures[group] = {"drafts": right, "answers": of_answers, "answers held back": held}
        rows.append([group, str(right.n), _cell(right), str(of_answers.n), _cell(of_answers), str(held.n), _cell(held)])
    part.figures["drafts"] = figures
    header = ("language", "drafts", "right [95%]", "answers", "right [95%]", "held back", "right [95%]")
    note = "Drafts of every kind, answers whether or not they left, and answers that went to a person."
    return Table("Answers: all drafts", header, rows, (note,))


def _clarified(part: Part, outcomes: Sequence[AnswerOutcome]) -> Table:
    rows, figures = [], {}
    for group, mine in _groups(outcomes):
        needed = share([one.clarified_rightly and one.right for one in mine if one.clarify])
        asked = share([one.clarify for one in mine if one.kind == "clarification"])
        sent = sum(one.sent for one in mine if one.kind == "clarification")
        figures[group] = {"asked where needed": needed, "needed where asked": asked, "sent": sent}
        rows.append([group, str(needed.n), _cell(needed), str(asked.n), _cell(asked), str(sent)])
    part.figures["clarifications"] = figures
    header = ("language", "needed", "asked rightly [95%]", "asked", "was needed [95%]", "left by itself")
    return Table("Answers: questions back", header, rows)


def _held(part: Part, outcomes: Sequence[AnswerOutcome]) -> Table:
    """Tier 1 alone: of the others a person decides anyway."""
    back = [one for one in outcomes if not one.sent and one.may_leave]
    codes = Counter(code for one in back for code in one.codes)
    alone = Counter(one.codes[0] for one in back if len(one.codes) == 1)
    right = Counter(code for one in back if one.right and one.kind == "answer" for code in one.codes)
    checks = Counter(check for one in back for check in one.checks)
    part.figures["held back"] = {"n": len(back), "codes": dict(codes), "checks": dict(checks), "alone": dict(alone)}
    rows = [[code, str(count), str(alone[code]), str(right[code])] for code, count in codes.most_common()]
    rows += [[f"check {check}", str(count), "", ""] for check, count in checks.most_common()]
    kinds = Counter(one.kind or "none" for one in back)
    notes = (
        f"{len(back)} questions of tier 1 did not leave; their drafts: "
        + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        + ".",
        "A query may have several reasons.",
    )
    return Table("Answers: what holds tier 1 back", ("reason", "queries", "alone", "answer was right"), rows, notes)


def _grounded(part: Part, outcomes: Sequence[AnswerOutcome]) -> Table:
    rows, figures = [], {}
    for group, mine in _groups(outcomes):
        drafts = [one for one in mine if one.kind is not None]
        grounded, tongue = share([not one.strange for one in drafts]), share([one.in_language for one in drafts])
        sent = [one for one in drafts if one.sent]
        left, spoken = share([not one.strange for one in sent]), share([one.in_language for one in sent])
        figures[group] = {"drafts": grounded, "sent": left, "language of drafts": tongue, "language of sent": spoken}
        if group == "all":
            part.aim("replies sent with every value grounded", left, AIM_EVERY)
            part.aim("replies sent in the right language", spoken, AIM_EVERY)
        rows.append(
            [group, str(len(drafts)), _cell(grounded), _cell(tongue), str(len(sent)), _cell(left), _cell(spoken)]
        )
    part.figures["grounded"] = figures
    header = ("language", "drafts", "all values grounded", "right language", "sent", "all values grounded")
    note = (
        "Values: numbers, dates, links, codes, names. Found in the passages, the look-up, the settings or the message."
    )
    return Table("Answers: values and languages", (*header, "right language"), rows, (note,))


def _intents(part: Part, outcomes: Sequence[AnswerOutcome]) -> Table:
    rows, figures = [], {}
    for intent in dict.fromkeys(one.intent for one in outcomes):
        mine = [one for one in outcomes if one.intent is intent]
        read, automated = share([one.read_as is intent for one in mine]), share([one.automated for one in mine])
        right, drafts = share([one.right for one in mine if one.automated]), [one for one in mine if one.kind]
        good = share([one.right for one in drafts])
        figures[intent.value] = {"read as such": read, "automated": automated, "right of those sent": right}
        rows.append([intent.value, str(len(mine)), f"{read.value:.2f}", written(automated), str(right.n)])
        rows[-1] += [_cell(right), str(good.n), _cell(good)]
    part.figures["intents"] = figures
    header = ("intent", "n", "read as such", "automated [95%]", "sent", "right [95%]", "drafts", "right [95%]")
    return Table("Answers: by what is wanted", header, rows)


def _wrong(outcomes: Sequence[AnswerOutcome]) -> Table:
    rows = [
        [
            one.id,
            one.intent.value,
            "sent" if one.sent else "held",
            one.kind or "none",
            "; ".join((*one.missing, *(f"says {each}" for each in one.false))),
            ", ".join((*one.codes, *one.checks)),
            ", ".join(one.strange),
        ]
        for one in sorted(outcomes, key=lambda one: (not one.sent, one.id))
        if (one.kind and not one.right) or one.strange or (not one.sent and one.may_leave)
    ]
    header = ("question", "intent", "fate", "draft", "missing or wrong", "reasons", "in no source")
    return Table("Answers: what to look at", header, rows)


def _cell(found: Estimate) -> str:
    return written(found) if found.n else ""
