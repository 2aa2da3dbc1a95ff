"""A model that keeps failing is left alone for a while, and one call tells whether it is back."""

import asyncio
from decimal import Decimal

import pytest

from activities.chat.fakes import ScriptedModel
from activities.generation.circuit import FIRST_PAUSE, LONGEST_PAUSE, Circuit, CircuitState
from activities.generation.fallback import ModelChain, PricedModel
from domain.errors import ModelUnusable, Unavailable
from domain.ports import Prompt, PromptTurn, Written
from domain.spending import ModelPrice

PROMPT = Prompt(name="reply", version="1", hash="h", system="Reply.", turns=(PromptTurn(role="user", text="Hello?"),))
CHEAP, DEAR = ModelPrice(input=Decimal(1), output=Decimal(2)), ModelPrice(input=Decimal(10), output=Decimal(20))


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def a_circuit(clock: Clock) -> Circuit:
    return Circuit("scripted", "scripted-1", clock=clock)


def stands(circuit: Circuit, state: CircuitState) -> bool:
    return circuit.state is state


def fails(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        assert circuit.admits()
        circuit.failed("It failed.")


def test_it_opens_after_three_failures_in_a_row_and_not_before() -> None:
    circuit = a_circuit(Clock())
    fails(circuit, 2)
    circuit.succeeded()
    fails(circuit, 2)
    assert stands(circuit, CircuitState.CLOSED)
    fails(circuit, 1)
    assert stands(circuit, CircuitState.OPEN)
    assert not circuit.admits()


def test_after_the_pause_one_call_tries_and_the_others_wait_for_what_it_says() -> None:
    clock = Clock()
    circuit = a_circuit(clock)
    fails(circuit, 3)
    clock.now += FIRST_PAUSE
    assert circuit.admits()
    assert stands(circuit, CircuitState.HALF_OPEN)
    assert not circuit.admits()
    circuit.succeeded()
    assert stands(circuit, CircuitState.CLOSED)
    assert circuit.admits()


def test_each_trial_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    clock = Clock()
    circuit = a_circuit(clock)
    fails(circuit, 3)
    pauses = []
    for _ in range(8):
        pauses.append(circuit.seconds_left)
        clock.now += circuit.seconds_left
        fails(circuit, 1)
    assert pauses == [3, 6, 12, 24, 48, 96, LONGEST_PAUSE, LONGEST_PAUSE]
    clock.now += circuit.seconds_left
    assert circuit.admits()
    circuit.succeeded()
    fails(circuit, 3)
    assert circuit.seconds_left == FIRST_PAUSE


def test_what_only_a_setting_cures_opens_it_at_once() -> None:
    circuit = a_circuit(Clock())
    circuit.failed("The key is refused.", for_good=True)
    assert stands(circuit, CircuitState.OPEN)


def test_a_trial_that_was_called_off_leaves_its_place_to_the_next() -> None:
    clock = Clock()
    circuit = a_circuit(clock)
    fails(circuit, 3)
    clock.now += FIRST_PAUSE
    assert circuit.admits()
    circuit.forget()
    assert circuit.admits()


def test_a_call_from_before_it_opened_does_not_move_the_pause() -> None:
    clock = Clock()
    circuit = a_circuit(clock)
    fails(circuit, 3)
    clock.now += 1
    circuit.failed("A slow one fails too.")
    assert circuit.seconds_left == FIRST_PAUSE - 1


def test_a_watcher_hears_of_every_change() -> None:
    clock, heard = Clock(), list[CircuitState]()
    circuit = a_circuit(clock)
    circuit.watch(lambda each: heard.append(each.state))
    fails(circuit, 3)
    clock.now += FIRST_PAUSE
    circuit.admits()
    circuit.succeeded()
    assert heard == [CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN, CircuitState.CLOSED]


# --- models in their order ---


def a_chain(*models: ScriptedModel, prices: tuple[ModelPrice | None, ...] = (CHEAP, DEAR)) -> ModelChain:
    return ModelChain([PricedModel.of(model, price) for model, price in zip(models, prices, strict=False)])


async def test_the_second_writes_while_the_first_is_down_and_at_its_own_price() -> None:
    first = ScriptedModel("One.", failures=[Unavailable("It failed (500).")])
    second = ScriptedModel("Two.", name="scripted-2", input_tokens=100_000, output_tokens=10_000)
    answered = await a_chain(first, second).write(PROMPT)
    assert (answered.written.text, answered.place) == ("Two.", 1)
    assert answered.cost == Decimal("1.2")  # 100,000 at 10 and 10,000 at 20 a million


async def test_a_first_that_is_paused_is_not_asked() -> None:
    first = ScriptedModel(failures=[Unavailable("It failed.")] * 3)
    chain = a_chain(first, ScriptedModel("Two."))
    for _ in range(5):
        assert (await chain.write(PROMPT)).place == 1
    assert len(first.prompts) == 3
    assert [each.state for each in chain.circuits] == [CircuitState.OPEN, CircuitState.CLOSED]


async def test_when_none_answers_one_sentence_tells_of_each() -> None:
    chain = a_chain(
        ScriptedModel(failures=[Unavailable("The language model a:b failed (500): try again later.", retry_after=4)]),
        ScriptedModel(failures=[ModelUnusable("The language model c:d refuses the key (401): set it.")]),
    )
    with pytest.raises(Unavailable) as refused:
        await chain.write(PROMPT)
    assert refused.value.message == (
        "The language model a:b failed (500): try again later; the language model c:d refuses the key (401): set it."
    )
    assert refused.value.retry_after == 4


@pytest.mark.parametrize(
    ("kind", "failures", "waits"), [(Unavailable, 3, pytest.approx(FIRST_PAUSE, abs=1)), (ModelUnusable, 1, None)]
)
async def test_a_pause_tells_why_and_is_waited_for_unless_a_setting_has_to_be_corrected(
    kind: type[Unavailable], failures: int, waits: float | None
) -> None:
    chain = a_chain(
        ScriptedModel(failures=[kind("The language model a:b is not known there (404): correct it.")] * failures)
    )
    for _ in range(failures):
        with pytest.raises(Unavailable):
            await chain.write(PROMPT)
    with pytest.raises(Unavailable) as refused:
        await chain.write(PROMPT)
    assert (
        refused.value.message
        == "The language model a:b is not known there (404): correct it (it is left alone for 3 s)."
    )
    assert refused.value.retry_after == waits


async def test_a_cancelled_call_counts_as_no_failure() -> None:
    class Slow(ScriptedModel):
        async def write(self, prompt: Prompt) -> Written:
            await asyncio.sleep(60)
            return await super().write(prompt)

    chain = a_chain(Slow())
    for _ in range(5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await chain.write(PROMPT)
    assert chain.circuits[0].state is CircuitState.CLOSED


def test_an_estimate_takes_the_dearest_model_and_all_the_tokens_that_it_may_write() -> None:
    chain = a_chain(ScriptedModel(), ScriptedModel())
    short = chain.estimate(PROMPT)
    assert short is not None
    assert short > DEAR.cost(0, PROMPT.max_tokens)
    longer = chain.estimate(PROMPT.model_copy(update={"system": "x" * 20_000}))
    assert longer is not None
    assert float(longer - short) == pytest.approx(float(DEAR.cost(10_000, 0)), rel=0.01)
    assert a_chain(ScriptedModel(), prices=(None,)).estimate(PROMPT) is None


async def test_a_server_that_counts_no_tokens_is_not_free() -> None:
    chain = a_chain(ScriptedModel("Two words.", input_tokens=0, output_tokens=0))
    answered = await chain.write(PROMPT)
    assert answered.written.input_tokens > 200
    assert answered.written.output_tokens == 5
    assert answered.cost == CHEAP.cost(answered.written.input_tokens, 5)
