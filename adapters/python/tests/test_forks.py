"""What happens to a client in a process that is forked after it was used: gunicorn --preload, uWSGI, Celery."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rest_sessions import AsyncClient, Client

from .servers import answer_of, serving

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    # The tests' servers are threads that the children do not use.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

READS = 40


def fork(run: Callable[[], Any]) -> Callable[[], str]:
    """Runs something in a child. Gives what waits for it, and gives what it gave."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        # It must not wait for what only its parent has.
        signal.alarm(120)
        try:
            os.write(writes, repr(run()).encode())
        except BaseException:
            os.write(writes, traceback.format_exc().encode())
        finally:
            # Nothing of pytest may run in here.
            os._exit(0)
    os.close(writes)

    def wait() -> str:
        with os.fdopen(reads, "rb") as pipe:
            text = pipe.read().decode()
        os.waitpid(child, 0)
        return text

    return wait


@contextmanager
def runner() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """A loop that stands still while its process is forked: a child has one of its own."""
    loop = asyncio.new_event_loop()
    try:
        yield loop.run_until_complete
    finally:
        loop.close()


def strangers(client: Client, token: str, mine: str) -> int:
    """How many reads of one's own token gave the session of somebody else."""
    return sum(client.get(token)["data"]["who"] != mine for _ in range(READS))


def test_no_child_reads_the_session_of_another_one(store: str) -> None:
    client = Client(store, "py-fork")
    tokens = {f"child{i}": client.create(data={"who": f"child{i}"})["token"] for i in range(4)}
    children = [fork(lambda token=token, who=who: strangers(client, token, who)) for who, token in tokens.items()]
    # The parent goes on meanwhile, over the connection that it had.
    mine = client.create(data={"who": "parent"})["token"]
    assert strangers(client, mine, "parent") == 0
    assert [wait() for wait in children] == ["0"] * 4


def test_no_child_that_awaits_reads_the_session_of_another_one(store: str) -> None:
    async def strangers(client: AsyncClient, token: str, mine: str) -> int:
        return sum([(await client.get(token))["data"]["who"] != mine for _ in range(READS)])

    client = AsyncClient(store, "py-async-fork")
    with runner() as run:
        tokens = {f"child{i}": run(client.create(data={"who": f"child{i}"}))["token"] for i in range(4)}
        children = [
            fork(lambda token=token, who=who: asyncio.run(strangers(client, token, who))) for who, token in tokens.items()
        ]
        mine = run(client.create(data={"who": "parent"}))["token"]
        assert run(strangers(client, mine, "parent")) == 0
        assert [wait() for wait in children] == ["0"] * 4
        run(client.aclose())


@pytest.fixture
def numbered() -> Iterator[str]:
    """A server that answers with the number of the connection."""
    with serving(lambda connection, number: connection.sendall(answer_of({"sessions": number, "subjects": 0}))) as url:
        yield url


def test_a_child_opens_a_connection_of_its_own_and_its_parent_keeps_the_first(numbered: str) -> None:
    client = Client(numbered, "shop")
    asked = lambda: client.activity()["sessions"]  # noqa: E731
    assert [asked(), asked()] == [1, 1]
    assert fork(lambda: [asked(), asked(), fork(asked)()])() == "[2, 2, '3']"
    # A child that closes what it inherited closes nothing of its parent.
    assert fork(client.close)() == "None"
    assert asked() == 1


def test_a_child_that_awaits_opens_a_connection_of_its_own(numbered: str) -> None:
    client = AsyncClient(numbered, "shop")

    async def asked() -> int:
        return (await client.activity())["sessions"]

    with runner() as run:
        assert [run(asked()), run(asked())] == [1, 1]
        assert fork(lambda: asyncio.run(asked()))() == "2"
        assert fork(lambda: asyncio.run(client.aclose()))() == "None"
        assert run(asked()) == 1
        run(client.aclose())


def test_a_child_of_a_busy_parent_does_not_wait_for_its_threads(numbered: str) -> None:
    client = Client(numbered, "shop")
    client.activity()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        # As a thread that is just taking a connection: nobody lets the lock go in a child.
        with client._http()._pool._optional_thread_lock:  # type: ignore[union-attr]
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        assert fork(lambda: client.activity()["sessions"])() == "2"
    finally:
        done.set()
        thread.join()
