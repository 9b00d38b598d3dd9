"""Events and histories of real servers, on both stores."""

from __future__ import annotations

from contextlib import aclosing, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

import rest_sessions
from rest_sessions import AsyncClient, Client, Heard, verify_webhook

from . import contract

SUBJECT = "python/Zoë & co"


def test_what_a_server_tells(store: str) -> None:
    with Client(store, "heard") as client:
        now = client.event_page(after="end")
        assert now["events"] == [] and now["resync"] is False
        made = client.create(subject=SUBJECT, label="phone", userAgent="test")
        other = client.create(subject=SUBJECT)
        session = made["session"]["id"]
        assert client.revoke_by_id(session, reason="lost “phone” & co") is True
        assert client.revoke(other["token"], reason="left") is True
        with closing(client.listen(after=now["next"], subject=SUBJECT)) as events:
            heard = list(islice(events, 4))
            last = client.create(subject=SUBJECT)["session"]["id"]
            heard.append(next(events))
        told = [each.event for each in heard if each.event is not None]
        kinds = ["session.created", "session.created", "session.ended", "session.ended", "session.created"]
        assert [event["type"] for event in told] == kinds
        assert told[2]["data"]["session"] == session
        ends = [(event["data"]["reason"], event["data"]["note"]) for event in told[2:4]]
        assert ends == [("revoked", "lost “phone” & co"), ("logout", "left")]

        page = client.event_page(after=now["next"], subject=SUBJECT, types=["session.ended"], limit=10, wait=1)
        assert page["events"] == told[2:4]
        with closing(client.listen(after=heard[3].position, subject=SUBJECT)) as events:
            assert next(events).event == told[4]

        assert client.revoke_subject(SUBJECT, reason="moved out") == 1
        history = client.history(SUBJECT)
        assert [(entry["reason"], entry["note"]) for entry in history] == [
            ("subject", "moved out"),
            ("logout", "left"),
            ("revoked", "lost “phone” & co"),
        ]
        assert (history[0]["id"], history[2]["id"], history[2]["label"]) == (last, session, "phone")
        assert client.erase_history(SUBJECT) == 3
        assert client.history(SUBJECT) == []


async def test_the_same_to_be_awaited(store: str) -> None:
    async with AsyncClient(store, "heard") as client:
        subject = "python/awaited"
        now = await client.event_page(after="end")
        made = await client.create(subject=subject)
        assert await client.revoke(made["token"], reason="left")
        other = await client.create(subject=subject)
        assert await client.revoke_by_id(other["session"]["id"], reason="lost")
        await client.create(subject=subject)
        assert await client.revoke_subject(subject, reason="moved out") == 1
        notes = []
        async with aclosing(client.listen(after=now["next"], types=["session.ended"], subject=subject)) as events:
            async for heard in events:
                assert heard.event is not None
                notes.append(heard.event["data"]["note"])
                if len(notes) == 3:
                    break
        assert notes == ["left", "lost", "moved out"]
        assert [entry["note"] for entry in await client.history(subject)] == notes[::-1]
        assert await client.erase_history(subject) == 3


def test_a_position_of_no_server_is_an_error(store: str) -> None:
    with Client(store, "heard") as client:
        for ask in (lambda: client.event_page(after="nowhere"), lambda: next(client.listen(after="nowhere"))):
            with pytest.raises(rest_sessions.SessionError) as wrong:
                ask()
            assert wrong.value.code == "invalid_cursor"


def test_a_listener_misses_nothing_while_the_server_is_away(tmp_path: Path) -> None:
    port = contract.env("REST_SESSIONS_PORT")
    policy = {"apps": {"heard": {"events": True}}}
    process, url = contract.start_server(tmp_path, port, policy)
    try:
        client = Client(url, "heard")
        position = client.event_page(after="end")["next"]
        lost: Queue[rest_sessions.SessionError] = Queue()
        heard: Queue[Heard] = Queue()

        def listen() -> None:
            for each in islice(client.listen(after=position, on_lost=lost.put), 2):
                heard.put(each)

        listener = Thread(target=listen, daemon=True)
        listener.start()
        first = client.create()["session"]["id"]
        process.kill()
        process.wait()
        assert isinstance(lost.get(timeout=30), rest_sessions.SessionServerLostError)
        process, _ = contract.start_server(tmp_path, port, policy)
        second = client.create()["session"]["id"]
        told = [heard.get(timeout=60).event for _ in range(2)]
        assert [event["subject"] for event in told if event is not None] == [first, second]
        listener.join(timeout=30)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("batch", [1, 10])
def test_webhooks_of_a_server(tmp_path: Path, batch: int) -> None:
    before, secret = "whsec_b2Ygbm9ib2R5LCBhbmQgbm90IGtub3du", "whsec_a25vd24gdG8gdGhlIHRlc3QgYW5kIHNlcnZlcg=="
    got: Queue[dict[str, Any] | Exception] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                with pytest.raises(rest_sessions.SessionWebhookError):
                    verify_webhook(before, self.headers, body)
                for event in verify_webhook([before, secret], self.headers, body):
                    got.put(event)
            except BaseException as error:
                got.put(AssertionError(error))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=receiver.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{receiver.server_port}/"
    webhook = {"name": "python", "url": address, "secret": {"env": "TOLD_SECRET"}, "batch": batch}
    policy = {"apps": {"told": {"webhooks": [webhook]}}}
    environment = {"TOLD_SECRET": secret, "RS_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    process, url = contract.start_server(tmp_path, "0", policy, **environment)
    try:
        with Client(url, "told") as client:
            made = client.create(subject="Zoë")
            client.revoke(made["token"], reason="“left”")
        told = [got.get(timeout=30) for _ in range(2)]
        assert [event["type"] for event in told if isinstance(event, dict)] == ["session.created", "session.ended"], told
        ended = told[1]["data"] if isinstance(told[1], dict) else {}
        assert (ended["subject"], ended["note"]) == ("Zoë", "“left”")
    finally:
        process.kill()
        process.wait()
        receiver.shutdown()
        thread.join()
        receiver.server_close()
