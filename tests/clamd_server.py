"""A server that speaks clamd's protocol over TCP, and does it wrong where a test asks for that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.pictures import EICAR


class ClamdServer:
    """Finds the one text that every scanner finds. `mood`: `well`, `silent`, `cut`, `nonsense` or `full`."""

    def __init__(self) -> None:
        self.mood = "well"
        self.address = ""
        self.scanned: list[bytes] = []

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readexactly(10) == b"zINSTREAM\0"
            if self.mood == "cut":
                return
            content = b""
            while length := int.from_bytes(await reader.readexactly(4), "big"):
                content += await reader.readexactly(length)
                if self.mood == "full":
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    await writer.drain()
                    return
            self.scanned.append(content)
            if self.mood == "silent":
                await asyncio.sleep(60)
            writer.write(self._answer(content) + b"\0")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, content: bytes) -> bytes:
        if self.mood == "nonsense":
            return b"\xff\xfe?"
        return b"stream: Eicar-Signature FOUND" if EICAR in content else b"stream: OK"


@asynccontextmanager
async def clamd_server() -> AsyncIterator[ClamdServer]:
    """The server while the block runs."""
    clamd = ClamdServer()
    server = await asyncio.start_server(clamd.serve_one, "127.0.0.1", 0)
    clamd.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield clamd
    finally:
        server.close()
