"""Progress as it is told: nothing of quick work, then counts, speed and the time left."""

import pytest

from app.cli.progress import ProgressLines, duration


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_quick_work_says_nothing() -> None:
    clock, lines = Clock(), list[str]()
    told = ProgressLines("documents", lines.append, clock=clock)
    told(1, 10)
    clock.now += 1.9
    told(10, 10)
    assert lines == []


def test_long_work_says_how_fast_it_is_and_how_long_it_will_take() -> None:
    clock, lines = Clock(), list[str]()
    told = ProgressLines("documents", lines.append, clock=clock)
    told(0, 10_000)
    for _ in range(30):
        clock.now += 0.5
        told(told.done + 40, 10_000)
    # 40 documents in half a second; a line every 2 s
    assert lines[0] == "  160 of 10,000 documents, 80 a second, 2 min left"
    assert len(lines) == 7


def test_while_the_total_is_unknown_only_what_was_read_is_told() -> None:
    clock, lines = Clock(), list[str]()
    told = ProgressLines("documents", lines.append, clock=clock)
    clock.now += 3
    told(5_000)
    clock.now += 3
    told(0, 100)
    assert lines == ["  5,000 documents read", "  0 of 100 documents"]


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3_600, "60 min"), (11_100, "3 h 5 min")]
)
def test_durations_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert duration(seconds) == told
