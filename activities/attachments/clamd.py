"""clamd, ClamAV's daemon, over TCP: the file goes out in pieces (INSTREAM), one line comes back."""

import asyncio
from typing import BinaryIO

import structlog

from domain.attachments import Scan

CONNECT_SECONDS = 2.0
SECONDS = 20.0
"""For one file, from the first byte sent to the answer."""
PIECE = 64 * 1024
MAX_ANSWER = 1_000
MAX_FOUND = 120
log = structlog.get_logger(__name__)


class ClamdScanner:
    """Satisfies `domain.attachments.MalwareScanner`."""

    name = "clamd"

    def __init__(self, address: str, *, seconds: float = SECONDS, connect_seconds: float = CONNECT_SECONDS) -> None:
        """`address`: host:port."""
        host, _, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._seconds = seconds
        self._connect_seconds = connect_seconds

    async def scan(self, content: BinaryIO) -> Scan:
        """As the port says. One attempt: whoever wants to see the file asks again."""
        try:
            async with asyncio.timeout(self._connect_seconds):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError) as error:
            return self._no_answer(type(error).__name__)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(reader, writer, content)
        except (OSError, TimeoutError, EOFError, ValueError) as error:
            return self._no_answer(type(error).__name__)
        finally:
            writer.close()
        return self._read(answer)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: BinaryIO) -> str:
        content.seek(0)
        writer.write(b"zINSTREAM\0")
        try:
            while piece := content.read(PIECE):
                writer.write(len(piece).to_bytes(4, "big") + piece)
                await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
        except ConnectionError:
            pass  # a file beyond its limit: it says so and closes before all was sent
        return (await reader.readuntil(b"\0")).rstrip(b"\0").decode("utf-8", "replace")[:MAX_ANSWER]

    def _read(self, answer: str) -> Scan:
        said = answer.strip().removeprefix("stream:").strip()
        if said == "OK":
            return Scan(state="clean", by=self.name)
        if said.endswith(" FOUND"):
            return Scan(state="infected", by=self.name, found=said.removesuffix(" FOUND")[:MAX_FOUND])
        return self._no_answer(said[:MAX_FOUND])

    def _no_answer(self, why: str) -> Scan:
        log.warning("attachment_not_scanned", scanner=self.name, reason=why)
        return Scan(state="no_answer", by=self.name)
