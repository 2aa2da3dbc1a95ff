"""Pictures inside a request, as the chat protocols take them."""

from base64 import b64encode

from domain.attachments import PromptImage


def data_url(image: PromptImage) -> str:
    """The picture itself in the form of an address."""
    return f"data:{image.media_type};base64,{b64encode(image.content).decode()}"
