"""Plays adapters/contract: the rules that all session layers keep."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any, Protocol

import httpx


def env(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise RuntimeError(f"{name} is not set: run the tests by node adapters/contract/with-servers.mjs")
    return value


def stores() -> list[str]:
    return [os.environ[name] for name in ("REST_SESSIONS_EMBEDDED", "REST_SESSIONS_REDIS") if name in os.environ]


def vectors() -> list[dict[str, Any]]:
    return httpx.get(env("REST_SESSIONS_CONTRACT") + "/contract/vectors").json()


def event_vectors() -> dict[str, list[dict[str, Any]]]:
    return httpx.get(env("REST_SESSIONS_CONTRACT") + "/contract/events").json()


def webhook_cases() -> list[dict[str, Any]]:
    return httpx.get(env("REST_SESSIONS_CONTRACT") + "/contract/webhooks").json()["cases"]


def begin(name: str) -> tuple[dict[str, Any], Callable[[], list[str]]]:
    """Begins a vector of events. Gives it, and what gives its faults as soon as no connection is open any more."""
    server = env("REST_SESSIONS_CONTRACT")
    vector = httpx.post(f"{server}/contract/plays", json={"vector": name}).json()

    def report() -> list[str]:
        while True:
            state = httpx.get(f"{server}/contract/plays/{vector['app']}").json()
            if state["open"] == 0:
                return state["faults"]
            sleep(0.005)

    return vector, report


def start_server(folder: Path, port: str, policy: object, **environment: str) -> tuple[subprocess.Popen[str], str]:
    """Starts a server with a store in a folder. Gives it, and its URL."""
    rules = folder / "policy.json"
    rules.write_text(json.dumps(policy))
    store = {"RS_PORT": port, "RS_STORE": f"lmdb:{folder / 'data'}", "RS_CONFIG": str(rules)}
    process = subprocess.Popen(
        json.loads(env("REST_SESSIONS_COMMAND")),
        env={"PATH": os.environ["PATH"], **store, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout or ():
        if found := re.search(r"listens on (http:\S+)", line):
            return process, found[1]
    raise AssertionError("the server ended before it listened")


class Deeds(Protocol):
    """What a page does with its session."""

    def see(self, key: str) -> tuple[Any, bool]: ...
    def set(self, key: str, value: Any) -> None: ...
    def unset(self, key: str) -> None: ...
    def login(self, subject: str) -> Any: ...
    def logout(self) -> Any: ...


class MappingDeeds:
    """The deeds on a session that is a mapping. Logging in and out is each framework's own."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def see(self, key: str) -> tuple[Any, bool]:
        return self.session.get(key), key in self.session

    def set(self, key: str, value: Any) -> None:
        self.session[key] = value

    def unset(self, key: str) -> None:
        self.session.pop(key, None)


@dataclass
class Answer:
    """What a page answered: "well", "error" or "told", and its `Set-Cookie` lines."""

    ends: str
    set_cookies: list[str]


Page = Callable[[Deeds], list[Any]]
Application = Callable[[str, str, Page], Callable[[str | None], Answer]]


def play(name: str, application: Application) -> None:
    """Plays one vector with an application: it gets URL, app and page, and gives what requests a page with a cookie."""
    server = env("REST_SESSIONS_CONTRACT")
    vector = httpx.post(f"{server}/contract/plays", json={"vector": name}).json()
    does: list[list[Any]] = []
    faults: list[str] = []

    def page(deeds: Deeds) -> list[Any]:
        return [result for deed in does if (result := do(deeds, deed, faults)) is not None]

    request = application(server, vector["app"], page)
    jar: str | None = None
    for each in vector["pages"]:
        jar = each.get("cookie", jar)
        does[:] = each["does"]
        answer = request(jar)
        if answer.ends not in each["ends"].split(" or "):
            faults.append(f"the page ended {answer.ends}, and must end {each['ends']}")
        was, jar = cookie_of(answer.set_cookies, jar, faults)
        if each["setCookie"] != "any" and was not in each["setCookie"].split(" or "):
            faults.append(f"the cookie is {was}, and must be {each['setCookie']}: {answer.set_cookies}")
    faults += httpx.get(f"{server}/contract/plays/{vector['app']}").json()["faults"]
    assert faults == [], f"{vector['title']}: {faults}"


def do(deeds: Deeds, deed: list[Any], faults: list[str]) -> Any:
    kind, *rest = deed
    if kind == "see":
        value, is_there = deeds.see(rest[0])
        if is_there != (rest[1] is not None) or (is_there and value != rest[1]):
            faults.append(f"{rest[0]} is {value!r}, and must be {rest[1]!r}")
        return None
    if kind == "set":
        return deeds.set(*rest)
    if kind == "set-inside":
        deeds.see(rest[0])[0][rest[1]] = rest[2]
        return deeds.set(rest[0], deeds.see(rest[0])[0])
    if kind == "unset":
        return deeds.unset(rest[0])
    return deeds.login(rest[0]) if kind == "login" else deeds.logout()


def cookie_of(lines: list[str], had: str | None, faults: list[str]) -> tuple[str, str | None]:
    """What became of the cookie, and what the browser has. The same token once more is none."""
    for line in lines:
        pair, *attributes = (part.strip() for part in line.split(";"))
        value = pair.partition("=")[2].strip('"')
        names = {attribute.lower() for attribute in attributes}
        if "max-age=0" in names:
            return "cleared", None
        if not {"httponly", "samesite=lax", "path=/"} <= names:
            faults.append(f"the cookie must be HttpOnly, SameSite=Lax and for /: {line}")
        if value != had:
            return "new", value
    return "none", had


def data_values() -> dict[str, str]:
    """Values that some language loses: JSON texts by name of a key."""
    path = os.path.join(os.path.dirname(__file__), "../../contract/data.json")
    with open(path, encoding="utf-8") as file:
        return {f"key{i}": each["json"] for i, each in enumerate(json.load(file))}
