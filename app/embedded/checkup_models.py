"""Check of the language models that write replies: which are set, and which the workers have left alone."""

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from app.embedded.check_results import CheckResult, Verdict
from app.embedded.report import StackReport
from app.settings import Settings
from app.telemetry import read_metrics
from app.telemetry_worker import CIRCUIT, CIRCUIT_VALUES

CHECK = "language models"
_STATES = {value: state.value.replace("_", "-") for state, value in CIRCUIT_VALUES.items()}


def examine_models(settings: Settings, report: StackReport) -> CheckResult:
    """What the settings name, and whether workers still ask it. Calls no model, which would cost something."""
    if settings.model is None:
        return CheckResult(CHECK, Verdict.GOOD, "none is set: replies are composed from the store's own texts")
    named = [each for each in (settings.model, settings.fallback_model) if each is not None]
    said = ", then ".join(named)
    if not any(part.name.startswith("worker") for part in report.parts):
        return CheckResult(CHECK, Verdict.SKIPPED, f"{said}: no worker runs that could say whether they answer")
    states = list(_states(settings))
    left = sorted({f"{model} is {state}" for model, state in states if state != "closed"})
    if left:
        verdict = (
            Verdict.FAULT
            if all(any(one.startswith(f"{model} ") for one in left) for model in named)
            else (Verdict.WARNING)
        )
        todo = "`model_failed` in logs/worker-*.log says why"
        return CheckResult(CHECK, verdict, f"{'; '.join(left)} in a worker: {todo}")
    unpriced = settings.model_input_price is None
    note = "; no prices are set, so cost is not counted and a store with a model_budget gets offline drafts"
    return CheckResult(CHECK, Verdict.GOOD, f"{said}{note if unpriced else ''}")


def _states(settings: Settings) -> Iterator[tuple[str, str]]:
    """Model and state of its circuit, as each worker of this machine shows them."""
    for port in range(settings.metrics_port, settings.metrics_port + settings.workers):
        try:
            text = read_metrics(port)()
        except OSError:
            continue
        for family in text_string_to_metric_families(text):
            if family.name == CIRCUIT:
                for sample in family.samples:
                    model = f"{sample.labels['provider']}:{sample.labels['model']}"
                    yield model, _STATES.get(int(sample.value), "unknown")
