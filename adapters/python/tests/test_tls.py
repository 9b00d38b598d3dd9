"""Whom a client trusts over HTTPS, and who it is itself."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

import rest_sessions
from rest_sessions import AsyncClient, Client
from rest_sessions.django import SessionStore
from rest_sessions.flask import RestSessionInterface
from rest_sessions.starlette import RestSessionMiddleware

from .servers import answer_of, serving

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate with")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of an authority that nobody else knows, with its key in the same file."""
    file = tmp_path_factory.mktemp("tls") / "inside.pem"
    key = file.with_suffix(".key")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=inside"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(file)]
    subprocess.run([*make, *names], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file


@pytest.fixture
def folder(certificate: Path, tmp_path: Path) -> Path:
    """A folder with that authority. OpenSSL reads the names that are hashes."""
    hashed = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", str(certificate)], check=True, capture_output=True)
    (tmp_path / f"{hashed.stdout.decode().strip()}.0").symlink_to(certificate)
    return tmp_path


@pytest.fixture
def server(certificate: Path) -> Iterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with serving(lambda connection, _number: connection.sendall(ANSWER), context) as url:
        yield url


@pytest.fixture
def server_that_asks(certificate: Path) -> Iterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate))
    context.load_cert_chain(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    with serving(lambda connection, _number: connection.sendall(ANSWER), context) as url:
        yield url


ANSWER = answer_of({"sessions": 1, "subjects": 1})


def context_of(certificate: Path, *, is_known: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate))
    if is_known:
        context.load_cert_chain(certificate)
    return context


async def asked(url: str, context: ssl.SSLContext | None = None) -> list[int]:
    with Client(url, "shop", ssl_context=context) as client:
        first = client.activity()["sessions"]
    async with AsyncClient(url, "shop", ssl_context=context) as client:
        return [first, (await client.activity())["sessions"]]


async def test_a_private_authority_is_trusted_by_the_variables_of_the_system(
    server: str, certificate: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(rest_sessions.SessionServerLostError, match="certificate verify failed"):
        await asked(server)
    with monkeypatch.context() as variables:
        variables.setenv("SSL_CERT_FILE", str(certificate))
        assert await asked(server) == [1, 1]
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    assert await asked(server) == [1, 1]


async def test_a_context_says_whom_to_trust_and_who_asks(server: str, server_that_asks: str, certificate: Path) -> None:
    assert await asked(server, context_of(certificate)) == [1, 1]
    with pytest.raises(rest_sessions.SessionServerLostError):
        await asked(server_that_asks, context_of(certificate))
    assert await asked(server_that_asks, context_of(certificate, is_known=True)) == [1, 1]


async def test_every_layer_takes_a_context(server_that_asks: str, certificate: Path) -> None:
    context = context_of(certificate, is_known=True)
    assert RestSessionInterface(server_that_asks, "shop", ssl_context=context).client.activity()["sessions"] == 1
    middleware = RestSessionMiddleware(lambda *_: None, url=server_that_asks, app_name="shop", ssl_context=context)  # type: ignore[arg-type]
    async with middleware.client as client:
        assert (await client.activity())["sessions"] == 1
    with override_settings(REST_SESSIONS={"url": server_that_asks, "app": "shop", "ssl_context": context}):
        assert SessionStore().client.activity()["sessions"] == 1


def test_what_is_no_context_is_named() -> None:
    with pytest.raises(TypeError, match=r"ssl_context must be an ssl.SSLContext, not str"):
        Client("https://localhost", "shop", ssl_context="/etc/ssl/inside.pem")  # type: ignore[arg-type]
