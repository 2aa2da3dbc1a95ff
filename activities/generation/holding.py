"""The reply that says that a person will look, where a model has written none that may be used."""

from activities.generation.phrases import phrases, signature_of
from domain.steps import GenerateInput


def holding_reply(request: GenerateInput) -> str:
    """Promises nothing but that."""
    language = request.classification.language
    words = phrases(language)
    said = words.holding if request.attempt == 1 else words.holding_again
    return "\n\n".join([words.greeting, words.thanks, said, signature_of(request.case.policy, language)])
