"""Files that customers send along, over HTTP and the real database."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from activities.attachments.clamd import ClamdScanner
from activities.attachments.desk import AttachmentDesk
from activities.attachments.storage import PostgresAttachments
from activities.records import Records
from domain.records import BeginInput
from tests.api_world import ATTACHMENT_LIMIT, World, a_world
from tests.clamd_server import ClamdServer, clamd_server
from tests.conftest import Stack
from tests.pictures import EICAR, jpeg, pdf, png


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with a_world(stack.app_url, upload_seconds=0.5) as made:
        yield made


@pytest.fixture
async def clamd() -> AsyncIterator[ClamdServer]:
    async with clamd_server() as server:
        yield server


@pytest.fixture
async def scanned(stack: Stack, clamd: ClamdServer) -> AsyncIterator[World]:
    """A world whose files are scanned."""
    async with a_world(stack.app_url, scanner=ClamdScanner(clamd.address, seconds=0.3)) as made:
        yield made


async def send(
    world: World, content: Any, name: str = "", *, scope: str = "customer", **headers: str
) -> httpx.Response:
    address = f"/v1/attachments?name={quote(name)}"
    return await world.client.post(address, content=content, headers=world.headers(scope, **headers))


async def sent(world: World, content: bytes, name: str = "damage.png") -> str:
    response = await send(world, content, name)
    assert response.status_code == 201, response.text
    attachment_id: str = response.json()["attachment_id"]
    return attachment_id


async def look(world: World, attachment_id: str, scope: str = "agent") -> httpx.Response:
    return await world.get(f"/v1/attachments/{attachment_id}", scope=scope)


async def shown(world: World, query_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(f"/v1/queries/{query_id}", scope="agent")).json()["attachments"]
    return found


async def test_a_photo_goes_with_a_message_and_agents_see_it(world: World) -> None:
    content = png(30, 20)
    answer = await send(world, content, "Schaden, vorn.PNG")
    assert answer.status_code == 201
    attachment_id = answer.json()["attachment_id"]
    assert answer.json() == {"attachment_id": attachment_id, "media_type": "image/png", "size": len(content)}
    query_id = await world.submit(attachments=[attachment_id])
    (file,) = await shown(world, query_id)
    assert file["name"] == "Schaden, vorn.PNG"
    assert (file["width"], file["height"], file["notes"]) == (30, 20, [])
    assert file["scan"] == {"state": "not_scanned", "by": "", "found": ""}
    assert file["links"]["self"] == f"http://test/v1/attachments/{attachment_id}"
    served = await look(world, attachment_id)
    assert served.content == content
    assert served.headers["content-type"] == "image/png"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    assert served.headers["content-disposition"] == (
        "inline; filename=\"Schaden, vorn.PNG\"; filename*=UTF-8''Schaden%2C%20vorn.PNG"
    )


async def test_customers_see_nothing_of_files_not_even_their_own(world: World) -> None:
    attachment_id = await sent(world, png())
    query_id = await world.submit(attachments=[attachment_id])
    for scope in ("customer", "verify"):
        assert (await look(world, attachment_id, scope)).status_code == 403
        assert "attachments" not in (await world.get(f"/v1/queries/{query_id}", scope=scope)).json()
    assert (await world.client.get(f"/v1/attachments/{attachment_id}")).status_code == 401
    assert (await world.client.post("/v1/attachments", content=png())).status_code == 401


async def test_a_form_with_a_file_is_taken_too(world: World) -> None:
    files = {"file": ("../../Rechnung ä.pdf", pdf(javascript=True), "image/png")}
    answer = await world.client.post("/v1/attachments", files=files, headers=world.headers())
    assert answer.status_code == 201, answer.text
    assert answer.json()["media_type"] == "application/pdf"
    query_id = await world.submit(attachments=[answer.json()["attachment_id"]])
    (file,) = await shown(world, query_id)
    assert (file["name"], file["notes"]) == ("Rechnung ä.pdf", ["javascript"])
    served = await look(world, file["attachment_id"])
    assert served.headers["content-disposition"].startswith('attachment; filename="Rechnung _.pdf"; filename*=UTF-8')
    for broken in ({"data": {"file": "text"}}, {"files": {"other": ("a.png", png())}}, {"data": {"x": "y"}}):
        refused = await world.client.post("/v1/attachments", headers=world.headers(), **broken)
        assert refused.status_code in (422, 415), refused.text
    two = [("file", ("a.png", png())), ("file", ("b.png", png()))]
    assert (await world.client.post("/v1/attachments", files=two, headers=world.headers())).status_code == 400


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "empty"),
        (b"<html><script>", 422, "none of the kinds"),
        (png(50_000, 50_000), 422, "pixels"),
        (jpeg()[:20], 422, "damaged"),
        (png(tail=b"x" * ATTACHMENT_LIMIT), 413, "at most 256 kB"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_one_sentence(
    world: World, content: bytes, status: int, words: str
) -> None:
    answer = await send(world, content, "x.png")
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_the_limit_is_not_read_to_its_end(world: World) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield png()
        while True:
            read += 1
            yield b"x" * 65_536

    answer = await send(world, endless(), "x.png")
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert read < 20


async def test_a_file_that_comes_too_slowly_is_given_up(world: World) -> None:
    import asyncio

    async def slow() -> AsyncIterator[bytes]:
        yield png()
        await asyncio.sleep(2)
        yield b"x"

    assert (await send(world, slow(), "x.png")).status_code == 408


async def test_names_are_cleaned_on_the_way_in(world: World) -> None:
    for name, kept in (("../../x.png", "x.png"), ("a\0b.png", "ab.png"), ("n" * 300, f"{'n' * 116}.png")):
        (file,) = await shown(world, await world.submit(attachments=[await sent(world, png(), name)]))
        assert file["name"] == kept
    assert (await send(world, png(), "n" * 2000)).status_code == 422


async def test_the_same_upload_under_one_key_is_kept_once(world: World) -> None:
    first = await send(world, png(), "a.png", **{"Idempotency-Key": "k1"})
    again = await send(world, png(), "a.png", **{"Idempotency-Key": "k1"})
    assert (first.json(), again.status_code, again.headers["idempotency-replayed"]) == (again.json(), 201, "true")
    other = await send(world, png(9, 9), "a.png", **{"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert (await send(world, png(), "a.png")).json() != first.json()


async def test_a_message_names_files_of_its_own_store_and_conversation_only(world: World, stack: Stack) -> None:
    attachment_id = await sent(world, png())
    async with a_world(stack.app_url) as other:
        refused = await other.post("/v1/queries", other.message(attachments=[attachment_id]))
        assert refused.status_code == 422
        assert "no attachment" in refused.json()["detail"]
        assert (await look(other, attachment_id)).status_code == 404
    unknown = await world.post("/v1/queries", world.message(attachments=["0" * 32]))
    assert unknown.status_code == 422
    message = world.message(attachments=[attachment_id])
    accepted = (await world.post("/v1/queries", message)).json()
    taken = await world.post("/v1/queries", world.message(attachments=[attachment_id]))
    assert taken.status_code == 409
    assert "another conversation" in taken.json()["detail"]
    more = world.message(attachments=[attachment_id], conversation_id=accepted["conversation_id"])
    assert (await world.post("/v1/queries", more)).status_code == 202
    assert (await world.post("/v1/queries", message)).status_code == 200  # the same message again
    for different in ([], [await sent(world, png())]):
        assert (await world.post("/v1/queries", {**message, "attachments": different})).status_code == 409


async def test_a_refused_message_leaves_no_trace(world: World) -> None:
    good = await sent(world, png())
    message = world.message(attachments=[good, "1" * 32])
    assert (await world.post("/v1/queries", message)).status_code == 422
    assert (await world.post("/v1/queries", {**message, "attachments": [good]})).status_code == 202


@pytest.mark.parametrize("ids", [["x"], ["../../etc"], ["0" * 32] * 2, [f"{n:032x}" for n in range(6)], "0" * 32, [1]])
async def test_lists_of_attachments_have_a_form(world: World, ids: Any) -> None:
    assert (await world.post("/v1/queries", world.message(attachments=ids))).status_code == 422


async def test_work_begins_with_what_is_known_of_the_files_and_not_with_the_files(world: World) -> None:
    first, second = await sent(world, png(), "one.png"), await sent(world, pdf(), "two.pdf")
    message = world.message(attachments=[first])
    accepted = (await world.post("/v1/queries", message)).json()
    later = world.message(attachments=[second, first], conversation_id=accepted["conversation_id"])
    query_id = (await world.post("/v1/queries", later)).json()["query_id"]
    begun = await Records(world.database, {}).begin(BeginInput(store=world.store, query_id=query_id), "run")
    assert [file.name for file in begun.case.query.attachments] == ["one.png", "two.pdf"]
    assert begun.case.query.attachments[0].content_hash == hashlib.sha256(png()).hexdigest()
    assert len(begun.model_dump_json()) < 10_000


async def test_an_infected_file_is_not_kept_and_never_shown(scanned: World) -> None:
    attachment_id = await sent(scanned, png(tail=EICAR))
    query_id = await scanned.submit(attachments=[attachment_id])
    (file,) = await shown(scanned, query_id)
    assert file["scan"] == {"state": "infected", "by": "clamd", "found": "Eicar-Signature"}
    served = await look(scanned, attachment_id)
    assert served.status_code == 403
    assert "Eicar-Signature" in served.json()["detail"]
    async with scanned.database.in_store(scanned.store) as connection:
        rows = await (await connection.execute("SELECT 1 FROM attachment_pieces")).fetchall()
    assert rows == []


async def test_a_clean_file_is_said_to_be_clean(scanned: World) -> None:
    attachment_id = await sent(scanned, png())
    (file,) = await shown(scanned, await scanned.submit(attachments=[attachment_id]))
    assert file["scan"]["state"] == "clean"
    assert (await look(scanned, attachment_id)).status_code == 200


@pytest.mark.parametrize("mood", ["silent", "cut", "nonsense"])
async def test_without_an_answer_of_the_scanner_nothing_is_shown(scanned: World, clamd: ClamdServer, mood: str) -> None:
    clamd.mood = mood
    clean, infected = await sent(scanned, png()), await sent(scanned, png(tail=EICAR))
    query_id = await scanned.submit(attachments=[clean, infected])  # the query goes on all the same
    assert [file["scan"]["state"] for file in await shown(scanned, query_id)] == ["no_answer", "no_answer"]
    assert (await look(scanned, clean)).status_code == 503
    clamd.mood = "well"
    assert (await look(scanned, clean)).content == png()
    assert (await look(scanned, infected)).status_code == 403
    assert [file["scan"]["state"] for file in await shown(scanned, query_id)] == ["clean", "infected"]
    clamd.mood = mood  # what was cleared once stays so
    assert (await look(scanned, clean)).status_code == 200
    assert (await look(scanned, infected)).status_code == 403


async def test_files_from_before_there_was_a_scanner_are_scanned_when_they_are_opened(
    stack: Stack, clamd: ClamdServer
) -> None:
    async with a_world(stack.app_url) as world:
        attachment_id = await sent(world, png(tail=EICAR))
        desk = AttachmentDesk(PostgresAttachments(world.database), ClamdScanner(clamd.address), limit=ATTACHMENT_LIMIT)
        assert (await look(world, attachment_id)).status_code == 200
        with pytest.raises(Exception, match="Eicar"):
            await desk.show(world.store, attachment_id)
        assert (await look(world, attachment_id)).status_code == 403


async def test_a_stored_file_that_has_changed_is_not_handed_out(world: World) -> None:
    attachment_id = await sent(world, png())
    await world.execute("UPDATE attachment_pieces SET content = '\\x00' WHERE store = %s", (world.store,))
    answer = await look(world, attachment_id)
    assert (answer.status_code, answer.json()["title"]) == (500, "Damaged")


async def test_files_that_no_message_names_are_deleted_and_bounded(world: World) -> None:
    unused, used = await sent(world, png()), await sent(world, png())
    await world.submit(attachments=[used])
    store = PostgresAttachments(world.database, unused_bytes=len(png()) + 10)
    full = AttachmentDesk(store, None, limit=ATTACHMENT_LIMIT)
    from io import BytesIO

    from activities.attachments.desk import Upload

    with pytest.raises(Exception, match="no message has named"):
        await full.take_in(world.store, Upload("x.png", BytesIO(png())))
    await store.drop_unused([world.store], timedelta(hours=1))
    assert (await look(world, unused)).status_code == 200
    await store.drop_unused([world.store], timedelta(0))
    assert (await look(world, unused)).status_code == 404
    assert (await look(world, used)).status_code == 200


@pytest.mark.parametrize("attachment_id", ["x", "0" * 32, "..%2F..%2Fetc", "%00", "0" * 31 + "G"])
async def test_unknown_files_are_not_found(world: World, attachment_id: str) -> None:
    assert (await look(world, attachment_id)).status_code == 404


async def test_a_model_is_shown_what_an_agent_may_see_and_nothing_else(
    scanned: World, clamd: ClamdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"photo.png": png(), "bad.png": png(tail=EICAR), "receipt.pdf": pdf(), "large.png": png(tail=b"x" * 9_000)}
    ids = {name: await sent(scanned, content, name) for name, content in names.items()}
    clamd.mood = "silent"
    ids["unsure.png"] = await sent(scanned, png(), "unsure.png")
    files = [await scanned.app.state.parts.desk.find(scanned.store, each) for each in ids.values()]
    monkeypatch.setattr("activities.attachments.desk.PICTURE_BYTES", 5_000)
    (shown,) = await scanned.app.state.parts.desk.pictures(scanned.store, files)
    assert (shown.name, shown.media_type, shown.content) == ("photo.png", "image/png", png())
