"""Servers that answer as a test says, to see what a client does on the wire."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

#: What answers a connection: it gets the socket when a request was read, and the number of the connection from 1 on.
Answer = Callable[[socket.socket, int], None]


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Gives the URL of a server whose connections stay open as long as the client likes. `context`: for TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket, number: int) -> None:
            try:
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                with connection, connection.makefile("rb") as requests:
                    while has_read(requests):
                        answer(connection, number)
            except OSError:
                connection.close()

        def accept() -> None:
            number = 0
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                number += 1
                threading.Thread(target=serve, args=(connection, number), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"{'http' if context is None else 'https'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            # A thread that waits in accept() wakes up.
            listener.shutdown(socket.SHUT_RDWR)


def has_read(requests: BinaryIO) -> bool:
    """Reads a request. It tells whether there was one."""
    length, line = 0, requests.readline()
    if not line:
        return False
    while line.strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
        line = requests.readline()
    requests.read(length)
    return True


def answer_of(value: Any, *headers: str) -> bytes:
    """An answer with a JSON text, as bytes."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    head = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(text)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + text
