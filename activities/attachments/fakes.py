"""Pictures for tests, beside the desk that hands out real ones."""

from collections.abc import Sequence

from domain.attachments import Attachment, PromptImage


class FixedPictures:
    """Satisfies `domain.attachments.PictureSource`: what it was given, by the id of the attachment. `asked` lists who
    asked for what."""

    def __init__(self, shown: dict[str, PromptImage]) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self._shown = shown

    async def pictures(self, store: str, attachments: Sequence[Attachment]) -> tuple[PromptImage, ...]:
        """As the port says."""
        ids = tuple(each.attachment_id for each in attachments)
        self.asked.append((store, ids))
        return tuple(self._shown[each] for each in ids if each in self._shown)
