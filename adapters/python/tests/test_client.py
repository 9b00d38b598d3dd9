from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

import rest_sessions
from rest_sessions import Client

from . import contract
from .servers import answer_of, serving

TOKEN = "a-token-of-some-framework-01"


def test_life_of_a_session(store: str) -> None:
    with Client(store, "py-life") as client:
        made = client.create(subject="Zoë/1", data={"cart": {"lamp": 1}})
        token = made["token"]
        assert client.patch(token, set={"theme": "dark"}, unset=["cart"])["data"] == {"theme": "dark"}
        rotated = client.rotate(token, grace=0)
        assert client.find(token) is None
        assert client.get(rotated["token"], touch=True)["subject"] == "Zoë/1"
        assert client.verify(rotated["token"], token)[1] is None
        assert len(client.list(subject="Zoë/1")["sessions"]) == 1
        assert client.revoke_subject("Zoë/1") == 1
        assert client.revoke(rotated["token"]) is False
        client.put(TOKEN, only="new", data={"a": 1})
        with pytest.raises(rest_sessions.SessionError) as refused:
            client.put(TOKEN, only="new", data={})
        assert refused.value.code == "version_mismatch"
        assert client.replace_data(TOKEN, {"b": 2})["data"] == {"b": 2}
        assert client.touch(TOKEN, idle_timeout=60)["idleTimeout"] == 60
        assert client.revoke(TOKEN) is True
        assert client.activity()["sessions"] >= 0


async def test_the_same_to_be_awaited(store: str) -> None:
    async with rest_sessions.AsyncClient(store, "py-async") as client:
        made = await client.create(subject="ann", data={"a": 1})
        assert (await client.patch(made["token"], set={"b": 2}))["data"] == {"a": 1, "b": 2}
        assert await client.revoke_by_id(made["session"]["id"]) is True
        with pytest.raises(rest_sessions.SessionNotFoundError):
            await client.get(made["token"])


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("127.0.0.1:3000", "shop"), "wrong_url"),
        (("http://u@127.0.0.1", "shop"), "wrong_url"),
        (("http://127.0.0.1", "a"), "wrong_app"),
        (("http://127.0.0.1", "shop", "a\nb"), "wrong_key"),
    ],
)
def test_wrong_options_are_named(options: Any, code: str) -> None:
    with pytest.raises(rest_sessions.SessionConfigurationError) as wrong:
        Client(*options)
    assert wrong.value.code == code


def test_malformed_tokens_cost_no_request() -> None:
    client = Client("http://127.0.0.1:9", "shop")
    for token in ("", "a b", "../x", "ä" * 30, "a" * 257, "a\r\nb", "a\x00"):
        with pytest.raises(rest_sessions.SessionNotFoundError):
            client.get(token)
        assert client.revoke(token) is False
    for subject in ("", ".", ".."):
        with pytest.raises(ValueError, match="a subject must not be"):
            client.revoke_subject(subject)


def test_too_much_data_is_said() -> None:
    with pytest.raises(rest_sessions.SessionError) as large:
        Client(contract.stores()[0], "py-large").create(data={"a": "x" * (1 << 20)})
    assert large.value.status == 413 and not large.value.retryable


def test_eight_threads_at_once(store: str) -> None:
    client = Client(store, "py-threads")
    token = client.create()["token"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: client.patch(token, set={f"key{i}": i}), range(40)))
    assert len(client.get(token)["data"]) == 40


def test_server_away_and_back(tmp_path: Path) -> None:
    port = contract.env("REST_SESSIONS_PORT")
    process, url = contract.start_server(tmp_path, port, {})
    try:
        client = Client(url, "py-away")
        token = client.create()["token"]
        process.kill()
        process.wait()
        with pytest.raises(rest_sessions.SessionServerLostError):
            client.get(token)
        process, _ = contract.start_server(tmp_path, port, {})
        assert client.get(token)["version"] == 1
    finally:
        process.kill()
        process.wait()


def test_readme_leads_somewhere() -> None:
    folder = Path(__file__).parent.parent
    for path in re.findall(r"\]\(((?:\.\./)+[A-Za-z][^)#:]*)\)", (folder / "README.md").read_text()):
        assert (folder / path).exists(), path
    assert httpx.__version__


def test_each_event_loop_has_connections_of_its_own() -> None:
    with serving(lambda connection, number: connection.sendall(answer_of({"sessions": number, "subjects": 0}))) as url:
        client = rest_sessions.AsyncClient(url, "shop")

        async def asked() -> int:
            return (await client.activity())["sessions"]

        # A loop for each call, as Starlette's TestClient has it, and loops that live side by side.
        assert [asyncio.run(asked()) for _ in range(3)] == [1, 2, 3]
        one, other = asyncio.new_event_loop(), asyncio.new_event_loop()
        with closing(one), closing(other):
            said = [loop.run_until_complete(asked()) for loop in (one, other, one, other)]
            assert said == [4, 5, 4, 5]
            # Of the loops that are closed nothing is kept.
            assert len(client._pools()) == 2
            one.run_until_complete(client.aclose())
            assert [one.run_until_complete(asked()), other.run_until_complete(asked())] == [6, 5]
            for loop in (one, other):
                loop.run_until_complete(client.aclose())


@pytest.mark.parametrize("drops", ["head", "body"])
async def test_an_answer_that_comes_in_drops_is_given_up(drops: str) -> None:
    ended = threading.Event()

    def drip(connection: socket.socket, _number: int) -> None:
        answer = answer_of({"sessions": 1, "subjects": 1}, "X-Long: " + "x" * 200)
        begins = 0 if drops == "head" else answer.index(b"{")
        connection.sendall(answer[:begins])
        for i in range(begins, len(answer)):
            # A drop comes sooner than any single read gives up.
            if ended.wait(0.2):
                return
            connection.sendall(answer[i : i + 1])

    with serving(drip) as url:
        try:
            began = monotonic()
            client = Client(url, "shop", timeout=0.5)
            with pytest.raises(rest_sessions.SessionTimeoutError, match=r"within 0.5 s"):
                client.activity()
            async with rest_sessions.AsyncClient(url, "shop", timeout=0.5) as awaited:
                with pytest.raises(rest_sessions.SessionTimeoutError, match=r"within 0.5 s"):
                    await awaited.activity()
            # All drops would take at least 5 s.
            assert monotonic() - began < 4
        finally:
            ended.set()


def test_the_second_attempt_has_only_the_time_that_the_first_one_left() -> None:
    ended = threading.Event()

    def answer(connection: socket.socket, number: int) -> None:
        # The first connection breaks late, the second one says nothing.
        ended.wait(2.5 if number == 1 else 60)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(answer) as url:
        try:
            began = monotonic()
            with pytest.raises(rest_sessions.SessionTimeoutError):
                Client(url, "shop", timeout=3).activity()
            # With a deadline of its own it would be over after 5.5 s.
            assert 2.9 < monotonic() - began < 5
        finally:
            ended.set()


STRANGERS = [
    b'{"status":"maintenance"}',
    b'{"id":"a","version":"1","data":{}}',
    b'{"token":"a-token-of-some-framework-01","session":{"id":"a"}}',
    b'{"results":[{"active":false}],"revoked":null,"sessions":{},"history":{},"events":{},"erased":"1"}',
    b'{"results":[{"active":true},{}]}',
    b"[]",
    b"[" * 100_000,
    b'{"a":' * 100_000,
]


@pytest.mark.parametrize("text", STRANGERS, ids=lambda text: text[:30].decode())
async def test_what_no_session_server_answers_is_told_as_such(text: bytes) -> None:
    calls: list[Callable[[Any], Any]] = [
        lambda client: client.create(),
        lambda client: client.get(TOKEN),
        lambda client: client.find(TOKEN),
        lambda client: client.patch(TOKEN, set={"a": 1}),
        lambda client: client.put(TOKEN),
        lambda client: client.replace_data(TOKEN, {}),
        lambda client: client.touch(TOKEN),
        lambda client: client.rotate(TOKEN),
        lambda client: client.revoke(TOKEN),
        lambda client: client.get_by_id("a"),
        lambda client: client.revoke_by_id("a"),
        lambda client: client.list(),
        lambda client: client.revoke_subject("ann"),
        lambda client: client.verify(TOKEN, TOKEN),
        lambda client: client.activity(),
        lambda client: client.history("ann"),
        lambda client: client.erase_history("ann"),
        lambda client: client.event_page(),
    ]
    with serving(lambda connection, _number: connection.sendall(answer_of(text))) as url:
        client = Client(url, "shop")
        for call in calls:
            with pytest.raises(rest_sessions.SessionConfigurationError) as wrong:
                call(client)
            assert wrong.value.code == "not_rest_sessions"
        async with rest_sessions.AsyncClient(url, "shop") as awaited:
            for call in calls:
                with pytest.raises(rest_sessions.SessionConfigurationError) as wrong:
                    await call(awaited)
                assert wrong.value.code == "not_rest_sessions"


def test_chosen_members_of_a_session_are_no_stranger(store: str) -> None:
    client = Client(store, "py-fields")
    token = client.create(data={"a": 1, "b": 2})["token"]
    assert client.get(token, fields=["data.a"]) == {"data": {"a": 1}}
    assert client.verify(token, TOKEN) == [client.verify(token)[0], None]
