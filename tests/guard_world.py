"""The guard over one policy: what the unit tests of its checks are written in."""

from typing import Any

from activities.classification.entities import OrderIdReader
from activities.guarding.context import Context
from activities.guarding.guard import Guard
from activities.language import LanguageReader
from domain.findings import Finding
from domain.vocabulary import Language

GUARD = Guard.usual(LanguageReader(), OrderIdReader())
RETURNS = {
    Language.EN: "Returns\nYou can return almost everything within 30 days after delivery, without giving a reason. "
    "We cannot take back opened oils or used bedding. Returning a faulty item is free of charge. The cable is "
    "included, the charger is not included.",
    Language.DE: "Rückgabe\nSie können fast alles innerhalb von 30 Tagen nach der Lieferung zurückgeben, ohne einen "
    "Grund zu nennen. Geöffnete Öle und benutzte Bettwäsche nehmen wir nicht zurück. Die Rückgabe eines defekten "
    "Artikels ist kostenlos. Das Kabel ist enthalten, das Ladegerät ist nicht enthalten.",
    Language.FR: "Retours\nVous pouvez retourner presque tout dans les 30 jours suivant la livraison, sans donner de "
    "motif. Nous ne reprenons pas les huiles ouvertes ni le linge utilisé. Le retour d'un article défectueux est "
    "gratuit. Le câble est fourni, le chargeur n'est pas fourni.",
    Language.ES: "Devoluciones\nPuedes devolver casi todo en 30 días desde la entrega, sin indicar el motivo. No "
    "aceptamos aceites abiertos ni ropa de cama usada. La devolución de un artículo defectuoso es gratis. El cable "
    "está incluido, el cargador no está incluido.",
    Language.PT: "Devoluções\nPode devolver quase tudo no prazo de 30 dias após a entrega, sem indicar o motivo. Não "
    "aceitamos óleos abertos nem roupa de cama usada. A devolução de um artigo defeituoso é grátis. O cabo está "
    "incluído, o carregador não está incluído.",
}
"""The same policy in the five languages."""


def findings_of(reply: str | None, language: Language = Language.EN, **changes: Any) -> tuple[Finding, ...]:
    """What the guard finds in a reply to `A question.` that cites the policy in this language."""
    context = Context(message="A question.", reply=reply, language=language, passages=(RETURNS[language],))
    return GUARD.inspect(context._replace(**changes))


def checks_of(reply: str | None, language: Language = Language.EN, **changes: Any) -> set[str]:
    """The names of the checks that find something."""
    return {finding.check for finding in findings_of(reply, language, **changes)}
