"""The generic helpdesk: a signed webhook after the Standard Webhooks specification (HMAC-SHA256, id, timestamp).

The receiver sees `webhook-id`, `webhook-timestamp`, `webhook-signature` and `Idempotency-Key`, the id and the key
being the same at every attempt. It is asked `GET {url}?idempotency_key=KEY` before a second try: 200 `{"id": …}` means
that it has the reply, 404 that it has not. A receiver that offers neither the look-up nor idempotency gets
at-least-once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.canonical import canonical_json
from domain.errors import BadInput, Unavailable
from domain.ports import Outbound, Receipt

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
NO_LOOK_UP = frozenset({400, 405, 501})
"""Answers of a receiver that does not know the look-up."""
TRY_AGAIN = frozenset({408, 409, 425, 429})
MAX_ID_CHARACTERS = 500


class SignedWebhook:
    """Adapter of `domain.ports.Helpdesk`. `settings` holds `url` and `secret` (`whsec_…`) of the store."""

    name = "webhook"

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def deliver(self, outbound: Outbound, settings: Mapping[str, str]) -> Receipt:
        """Posts the reply. Raises Unavailable (try again) or BadInput (it never will be taken)."""
        body = canonical_json(outbound.model_dump(mode="json"))
        headers = _signed(settings["secret"], outbound.key, body) | {"content-type": "application/json"}
        try:
            response = await self._client.post(
                settings["url"], content=body.encode(), headers=headers, timeout=TIMEOUT, follow_redirects=False
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"The webhook did not answer ({type(error).__name__}).") from error
        _raise_for(response, "took no reply")
        return Receipt(external_id=_external_id(response))

    async def find(self, outbound: Outbound, settings: Mapping[str, str]) -> Receipt | None:
        """Asks whether the receiver has it. None also where the receiver knows no look-up."""
        headers = _signed(settings["secret"], outbound.key, "")
        try:
            response = await self._client.get(
                settings["url"],
                params={"idempotency_key": outbound.key},
                headers=headers,
                timeout=TIMEOUT,
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"The webhook did not answer the look-up ({type(error).__name__}).") from error
        if response.status_code == httpx.codes.NOT_FOUND or response.status_code in NO_LOOK_UP:
            return None
        _raise_for(response, "refused the look-up")
        external_id = _external_id(response)
        return Receipt(external_id=external_id, found=True) if external_id else None


def _signed(secret: str, key: str, body: str) -> dict[str, str]:
    """Headers that prove who sends. Raises BadInput for a secret that is not in the specification's form."""
    now = datetime.now(UTC)
    try:
        signature = Webhook(secret).sign(key, now, body)
    except (RuntimeError, ValueError, WebhookVerificationError) as error:
        raise BadInput(
            "The webhook's secret is not usable; make another: `holdpoint store set STORE webhook_secret=new`."
        ) from error
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
        "idempotency-key": key,
    }


def _raise_for(response: httpx.Response, what: str) -> None:
    code = response.status_code
    if code in TRY_AGAIN or code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"The webhook {what} just now (HTTP {code}).")
    if not response.is_success:
        raise BadInput(f"The webhook {what} (HTTP {code}); check its address and that it accepts POST.")


def _external_id(response: httpx.Response) -> str | None:
    """The receiver's own id, where it names one: never more than a short string of what it answers."""
    try:
        found = response.json()
    except (ValueError, RecursionError):
        return None
    value = found.get("id") if isinstance(found, dict) else None
    if not isinstance(value, str | int):
        return None
    # What could not be stored must not undo a delivery that has happened.
    return "".join(filter(str.isprintable, str(value)[:MAX_ID_CHARACTERS])) or None
