"""What readers of events and receivers of webhooks must do: adapters/contract, in both clients."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import flask
import httpx
import pytest
import starlette.requests
from django.test import RequestFactory
from werkzeug.test import EnvironBuilder

import rest_sessions
from rest_sessions import AsyncClient, Client, Heard, verify_webhook

from . import contract


def item_of(heard: Heard) -> dict[str, Any]:
    told = {"resync": True} if heard.event is None else {"event": heard.event}
    return {**told, "position": heard.position}


def test_there_are_vectors() -> None:
    vectors = contract.event_vectors()
    assert len(vectors["streams"]) >= 20 and len(vectors["pages"]) >= 5 and len(contract.webhook_cases()) >= 50


def test_streams(stream_vector: str) -> None:
    play, report = contract.begin(stream_vector)
    told: list[dict[str, Any]] = []
    code = None
    with (
        Client(contract.env("REST_SESSIONS_CONTRACT"), play["app"]) as client,
        closing(client.listen(**play["asks"])) as events,
    ):
        try:
            for heard in events:
                told.append(item_of(heard))
                if "error" not in play and len(told) == len(play["told"]):
                    break
        except rest_sessions.SessionError as error:
            code = error.code
    assert told == play["told"] and code == play.get("error"), play["title"]
    assert report() == []


async def test_streams_to_be_awaited(stream_vector: str) -> None:
    play, report = contract.begin(stream_vector)
    told: list[dict[str, Any]] = []
    code = None
    async with AsyncClient(contract.env("REST_SESSIONS_CONTRACT"), play["app"]) as client:
        async with aclosing(client.listen(**play["asks"])) as events:
            try:
                async for heard in events:
                    told.append(item_of(heard))
                    if "error" not in play and len(told) == len(play["told"]):
                        break
            except rest_sessions.SessionError as error:
                code = error.code
        assert told == play["told"] and code == play.get("error"), play["title"]
        assert await asyncio.to_thread(report) == []


def test_pages(page_vector: str) -> None:
    play, report = contract.begin(page_vector)
    with Client(contract.env("REST_SESSIONS_CONTRACT"), play["app"]) as client:
        if "error" in play:
            with pytest.raises(rest_sessions.SessionError) as refused:
                client.event_page(**play["asks"])
            assert refused.value.code == play["error"]
        else:
            assert client.event_page(**play["asks"]) == play["gives"], play["title"]
    assert report() == []


async def test_a_page_to_be_awaited() -> None:
    play, report = contract.begin("page-behind-dropped-events")
    async with AsyncClient(contract.env("REST_SESSIONS_CONTRACT"), play["app"]) as client:
        assert await client.event_page(**play["asks"]) == play["gives"]
    assert await asyncio.to_thread(report) == []


def test_webhooks(webhook_case: dict[str, Any]) -> None:
    secrets, headers, body, now = (webhook_case[name] for name in ("secrets", "headers", "body", "now"))
    for given in (body.encode(), body):
        if "events" in webhook_case:
            assert verify_webhook(secrets, headers, given, now=now) == webhook_case["events"]
            continue
        is_setup = webhook_case["error"] == "invalid_secret"
        kind = rest_sessions.SessionConfigurationError if is_setup else rest_sessions.SessionWebhookError
        with pytest.raises(kind) as refused:
            verify_webhook(secrets, headers, given, now=now)
        assert refused.value.code == webhook_case["error"], webhook_case["title"]


def test_a_webhook_by_the_clock_and_one_secret() -> None:
    case = next(case for case in contract.webhook_cases() if case["name"] == "one-event")
    with pytest.raises(rest_sessions.SessionWebhookError) as late:
        verify_webhook(case["secrets"][0], httpx.Headers(case["headers"]), case["body"].encode())
    assert late.value.code == "wrong_timestamp"
    assert verify_webhook(case["secrets"][0], httpx.Headers(case["headers"]), case["body"], now=case["now"] + 0.9)


def test_a_webhook_as_each_framework_has_it() -> None:
    case = next(case for case in contract.webhook_cases() if case["name"] == "header-names-in-capitals")
    body = case["body"].encode()

    def verified(headers: Any, content: bytes) -> bool:
        return verify_webhook(case["secrets"], headers, content, now=case["now"]) == case["events"]

    of_django = RequestFactory().post("/", body, content_type="application/cloudevents+json", headers=case["headers"])
    assert verified(of_django.headers, of_django.body)
    of_flask = flask.Request(EnvironBuilder(method="POST", data=body, headers=case["headers"]).get_environ())
    assert verified(of_flask.headers, of_flask.get_data())
    sent = [(name.lower().encode(), value.encode()) for name, value in case["headers"].items()]
    assert verified(starlette.requests.Request({"type": "http", "headers": sent}).headers, body)


@pytest.mark.parametrize(
    "sent",
    [{"webhook-timestamp": "١٧٩٠٠٠٠٠٠٠"}, {"webhook-signature": "v1,é\udcff"}, {"webhook-id": "é"}],
    ids=["digits of another script", "a signature of no ASCII", "an id of no ASCII"],
)
def test_headers_of_no_ascii_are_no_crash(sent: dict[str, str]) -> None:
    case = next(case for case in contract.webhook_cases() if case["name"] == "one-event")
    with pytest.raises(rest_sessions.SessionWebhookError):
        verify_webhook(case["secrets"], {**case["headers"], **sent}, case["body"], now=case["now"])


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Serves event streams, by what writes them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            answer(self)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_slow_loop_is_no_silence() -> None:
    connections = []
    over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        connections.append(1)
        handler.wfile.write(b'id: p1\ndata: {"type":"session.ended"}\n\n' * 3)
        over.wait()

    with serving(answer) as url, Client(url, "shop") as client, closing(client.listen(silence=0.3)) as events:
        for _ in range(3):
            next(events)
            time.sleep(0.4)
        events.close()
        over.set()
    assert len(connections) == 1


async def test_a_task_that_is_cancelled_leaves_its_connection() -> None:
    gone = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b'id: p1\ndata: {"type":"session.ended"}\n\n')
        handler.rfile.read(1)
        gone.set()

    with serving(answer) as url:
        async with AsyncClient(url, "shop") as client, listening(client) as (task, heard):
            await heard.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(gone.wait, 10)


@asynccontextmanager
async def listening(client: AsyncClient) -> AsyncIterator[tuple[asyncio.Task[None], asyncio.Event]]:
    heard = asyncio.Event()

    async def listen() -> None:
        async for _ in client.listen():
            heard.set()

    yield asyncio.create_task(listen()), heard


def test_a_listener_says_what_it_waits_for_and_tells_no_key() -> None:
    with serving(lambda handler: None) as url:
        pass

    class OverError(Exception):
        pass

    def on_lost(error: rest_sessions.SessionError) -> None:
        assert isinstance(error, rest_sessions.SessionServerLostError) and error.retryable
        assert url in str(error) and "a-secret" not in str(error)
        raise OverError

    with Client(url, "shop", "a-secret-key") as client, pytest.raises(OverError):
        next(client.listen(on_lost=on_lost))


def test_what_is_no_position_is_not_sent() -> None:
    for position in ("a b", "a\r\nb", "ä", ""):
        with Client("http://127.0.0.1:9", "shop") as client, pytest.raises(rest_sessions.SessionError) as wrong:
            next(client.listen(after=position))
        assert wrong.value.code == "invalid_cursor"


def test_an_event_of_no_object_is_no_crash() -> None:
    for data in (b"[" * 100_000, b"null", b"NaN", b"\xff"):
        with (
            serving(lambda handler, data=data: handler.wfile.write(b"data: " + data + b"\n\n")) as url,
            Client(url, "shop") as client,
            pytest.raises(rest_sessions.SessionConfigurationError),
        ):
            next(client.listen())


def test_an_event_is_plain_json() -> None:
    case = next(case for case in contract.webhook_cases() if case["name"] == "batch")
    events = verify_webhook(case["secrets"], case["headers"], case["body"], now=case["now"])
    assert json.loads(json.dumps(events)) == case["events"]
