"""The guard's checks for injections in messages and in replies; passages have theirs in `guarding.passages`."""

from activities.guarding.context import Context
from activities.injection.detector import InjectionDetector
from activities.injection.rules import hits_in
from domain.findings import Finding

MAX_EXCERPT = 200
FOREIGN_TO_REPLIES = frozenset({"role_marker", "exfiltration", "invisible_characters", "lookalikes", "encoded"})
"""Rules whose finds have no place in a reply, whatever was asked."""


class InjectionInMessage:
    """Words that give orders to the machine rather than ask the store something."""

    name = "injection_in_message"

    def __init__(self, detector: InjectionDetector) -> None:
        self._detector = detector

    def check(self, context: Context) -> list[Finding]:
        """By the suspicion that the context brings, else by letters alone."""
        found = context.suspicion or self._detector.suspect_letters(context.message)
        if not found.flagged:
            return []
        why = "The message gives instructions to the system that answers; read it before anything leaves."
        return [Finding(check=self.name, on="message", excerpt=found.excerpt[:MAX_EXCERPT], why=why)]


class InjectionInReply:
    """A reply with marks of protocols, hidden characters or a link that carries data away."""

    name = "injection_in_reply"

    def check(self, context: Context) -> list[Finding]:
        if context.reply is None:
            return []
        met = [hit for hit in hits_in(context.reply) if hit.rule in FOREIGN_TO_REPLIES]
        why = "The reply holds something that is meant for a machine, not for a customer."
        return [Finding(check=self.name, on="reply", excerpt=hit.excerpt[:MAX_EXCERPT], why=why) for hit in met]
