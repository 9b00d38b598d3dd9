"""An application of Django moves to our server, and nobody logs in again: with sessions that Django itself wrote."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import auth
from django.core import signing
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test import override_settings
from django.utils.safestring import mark_safe

from rest_sessions.django import SessionStore

from . import django_urls
from .moving import COMMAND, Moving, moving, redis_server

pytestmark = pytest.mark.skipif(COMMAND == [], reason="with-servers.mjs has not started this")

VALUES = {
    "cart": {"lamp": 2, "price": 19.0, "tax": 1e-07, "big": 2**64, "": None, "7": [True, [], {}]},
    "name": 'Zoë 😀 "quoted" \\ / \n\t\x7f',
    "huge": "x" * 20_000,
    "floats": [0.1, -0.0, 1e16, 123456789012345680.0, 5e-324, 100.0],
    "_own": [1, {"_": 2}],
}


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Moving]:
    with moving(tmp_path) as started:
        yield started


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "db.sqlite3"
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    call_command("migrate", verbosity=0)
    auth.get_user_model().objects.create_user("ann", password="secret")
    yield path
    connection.close()
    connection.settings_dict["NAME"] = before


@pytest.fixture
def secret(tmp_path: Path) -> str:
    path = tmp_path / "secret"
    path.write_text(f"{settings.SECRET_KEY}\n")
    return f"--secret-file={path}"


def ask(page: Any, cookie: str | None = None, **using: Any) -> tuple[Any, str | None]:
    """Asks the application. Gives its answer, and the cookie that it set."""
    django_urls.page = page
    with override_settings(**using):
        browser = Browser()
        if cookie is not None:
            browser.cookies["session"] = cookie
        response = browser.get("/")
        morsel = response.cookies.get("session")
        return response.json()["result"], morsel.value if morsel is not None else None


def log_in(values: dict[str, Any], **using: Any) -> str:
    """Somebody logs in by the old engine. Gives the cookie."""

    def page(request: Any) -> None:
        auth.login(request, auth.authenticate(request, username="ann", password="secret"))
        request.session.update(values)

    _, cookie = ask(page, **using)
    assert cookie is not None and len(cookie) == 32
    return cookie


def look(request: Any) -> Any:
    return {"user": auth.get_user(request).username, "values": dict(request.session.items())}


def ours(target: Moving) -> dict[str, Any]:
    return {"SESSION_ENGINE": "rest_sessions.django", "REST_SESSIONS": {"url": target.url, "app": target.app}}


def same_as_written_by_us(target: Moving, cookie: str, values: dict[str, Any]) -> None:
    """What came over is to the letter what our engine would have stored of the same values."""
    with override_settings(**ours(target)):
        written = SessionStore()
        written.update(values)
        written.save()
        client = written.client
        new, moved = client.get(written.session_key), client.get(cookie)
        assert json.dumps(moved["data"]) == json.dumps(new["data"])
        assert moved["subject"] == new["subject"]


DB = {"SESSION_ENGINE": "django.contrib.sessions.backends.db"}


def rows(database: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(database) as db:
        found = db.execute("select session_key, session_data, expire_date from django_session").fetchall()
    db.close()
    return found


def sql_dump(database: Path, to: Path) -> Path:
    with sqlite3.connect(database) as db:
        to.write_text("\n".join(db.iterdump()))
    db.close()
    return to


def dumpdata(_database: Path, to: Path) -> Path:
    with to.open("w") as out:
        call_command("dumpdata", "sessions", "auth", indent=2 if "indented" in to.name else None, stdout=out)
    return to


def csv(database: Path, to: Path) -> Path:
    lines = ["session_key,session_data,expire_date", *[f'{key},"{data}",{date}+00' for key, data, date in rows(database)]]
    to.write_text("\r\n".join(lines) + "\r\n")
    return to


def postgres(database: Path, to: Path) -> Path:
    copied = "\n".join("\t".join(row) for row in rows(database))
    to.write_text(
        "--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n"
        "COPY public.note (id, body) FROM stdin;\n1\tit's; \"x\nCOPY public.django_session\n\\.\n\n"
        f"COPY public.django_session (session_key, session_data, expire_date) FROM stdin;\n{copied}\n\\.\n\n"
    )
    return to


def mysql(database: Path, to: Path) -> Path:
    values = ",".join(f"('{key}','{data}','{date}')" for key, data, date in rows(database))
    to.write_text(
        "-- MySQL dump 10.13  Distrib 8.0.36\n/*!40101 SET NAMES utf8mb4 */;\n"
        "INSERT INTO `note` VALUES (1,'it\\'s; INSERT INTO `django_session` VALUES (''a'',''b'',''c'');\\\\');\n"
        "CREATE TABLE `django_session` (\n  `session_key` varchar(40) NOT NULL,\n  `session_data` longtext NOT NULL,\n"
        "  `expire_date` datetime(6) NOT NULL,\n  PRIMARY KEY (`session_key`),\n  KEY `k` (`expire_date`)\n);\n"
        f"INSERT INTO `django_session` VALUES {values};\n"
    )
    return to


def as_it_is(database: Path, _to: Path) -> Path:
    return database


@pytest.mark.parametrize("write", [as_it_is, sql_dump, dumpdata, csv, postgres, mysql])
def test_table_moves(target: Moving, database: Path, secret: str, tmp_path: Path, write: Any) -> None:
    cookie = log_in(VALUES, **DB)
    before, _ = ask(look, cookie, **DB)
    log_in({}, **DB)
    expires = next(date for key, _, date in rows(database) if key == cookie)
    dump = write(database, tmp_path / "dump")
    report = target.imports(f"django-db:{dump}", secret, "--timeout=1209600")
    assert (report["taken"], report["left"]) == (2, [])
    with override_settings(**ours(target)):
        moved = SessionStore().client.get(cookie)
    ends = datetime.fromisoformat(moved["expiresAt"].replace("Z", "+00:00"))
    assert abs(ends - datetime.fromisoformat(f"{expires}+00:00")) < timedelta(seconds=1)
    assert moved["idleTimeout"] == 1_209_600
    after, _ = ask(look, cookie, **ours(target))
    assert after == before and after["user"] == "ann"
    same_as_written_by_us(target, cookie, before["values"])
    # Whoever moves in again, or goes on after an interruption, finds it done.
    again = target.imports(f"django-db:{dump}", secret, "--timeout=1209600", "--continue")
    assert (again["taken"], again["present"]) == (0, 2)


def test_logged_out_here_stays_logged_out(target: Moving, database: Path, secret: str) -> None:
    cookie = log_in({}, **DB)
    target.imports(f"django-db:{database}", secret)
    ask(lambda request: auth.logout(request), cookie, **ours(target))
    after, _ = ask(look, cookie, **ours(target))
    assert after["user"] == ""


def test_what_is_not_taken_is_told(target: Moving, database: Path, secret: str) -> None:
    cookie = log_in({"nan": float("nan"), "half": "\ud800", "cart": 1}, **DB)
    expired = log_in({}, **DB)
    stolen = log_in({}, **DB)
    pickled = log_in({}, **DB)
    by_set_expiry, _ = log_in({"_session_expiry": 300}, **DB), None
    store = import_module(DB["SESSION_ENGINE"]).SessionStore

    class Pickles:
        def dumps(self, value: Any) -> bytes:
            import pickle

            return pickle.dumps(value)

        loads = None

    as_pickle = signing.dumps({"_auth_user_id": "1"}, salt=store().key_salt, serializer=Pickles, compress=True)
    with sqlite3.connect(database) as db:
        db.execute("update django_session set expire_date = '2020-01-01 00:00:00' where session_key = ?", [expired])
        db.execute("update django_session set session_data = session_data || 'x' where session_key = ?", [stolen])
        db.execute("update django_session set session_data = ? where session_key = ?", [as_pickle, pickled])
        db.execute("insert into django_session values ('short', 'eyJ9:a:b', '2030-01-01 00:00:00')")
    db.close()
    report = target.imports(f"django-db:{database}", secret)
    assert report["taken"] == 2
    left = {item["reason"]: item["count"] for item in report["left"]}
    assert left == {"value": 2, "expired": 1, "wrong_signature": 2, "pickled": 1}
    told = json.dumps(report)
    assert not any(key in told for key in (cookie, expired, stolen, pickled, "short"))
    after, _ = ask(look, cookie, **ours(target))
    assert after["user"] == "ann" and after["values"]["cart"] == 1 and "nan" not in after["values"]
    with override_settings(**ours(target)):
        assert 290 < SessionStore().client.get(by_set_expiry)["idleTimeout"] <= 300


def test_key_that_was_replaced_counts(target: Moving, database: Path, tmp_path: Path) -> None:
    cookie = log_in({}, **DB)
    path = tmp_path / "keys"
    path.write_text(f"a newer key\n{settings.SECRET_KEY}\n")
    assert target.imports(f"django-db:{database}", f"--secret-file={path}")["taken"] == 1
    assert ask(look, cookie, **ours(target))[0]["user"] == "ann"


def test_bad_input_is_one_sentence_and_changes_nothing(target: Moving, database: Path, secret: str, tmp_path: Path) -> None:
    for _ in range(30):
        log_in({"filler": "y" * 3000}, **DB)
    wrong = tmp_path / "wrong"
    wrong.write_text("another key\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "text").write_text("hello\n")
    (tmp_path / "cut.sqlite3").write_bytes(database.read_bytes()[:40_000])
    dump = sql_dump(database, tmp_path / "dump.sql").read_text()
    (tmp_path / "cut.sql").write_text(dump[: dump.index('INSERT INTO "django_session"') + 100])
    (tmp_path / "cut.json").write_text(dumpdata(database, tmp_path / "whole.json").read_text()[:-300])
    (tmp_path / "other.sql").write_text('CREATE TABLE "a" ("b" text);\nINSERT INTO "a" VALUES(\'c\');\n')
    (tmp_path / "other.json").write_text('[{"model": "auth.user", "pk": 1, "fields": {}}]')
    (tmp_path / "dump.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\x00" * 40)
    with sqlite3.connect(tmp_path / "other.sqlite3") as other:
        other.execute("create table a (b text)")
    other.close()
    cases = [
        (f"django-db:{database}", f"--secret-file={wrong}", "no signature"),
        (f"django-db:{database}", f"--secret-file={tmp_path / 'nowhere'}", "cannot be read"),
        (f"django-db:{database}", f"--secret-file={tmp_path / 'empty'}", "no key"),
        (f"django-db:{tmp_path / 'no-file'}", secret, "there is no such file"),
        (f"django-db:{tmp_path}", secret, "is no file"),
        (f"django-db:{tmp_path / 'text'}", secret, "neither an SQLite file nor a dump"),
        (f"django-db:{tmp_path / 'empty'}", secret, "is empty"),
        (f"django-db:{tmp_path / 'other.sqlite3'}", secret, "has no table django_session"),
        (f"django-db:{tmp_path / 'other.sql'}", secret, "has no table django_session"),
        (f"django-db:{tmp_path / 'other.json'}", secret, "no objects of sessions.session"),
        (f"django-db:{tmp_path / 'dump.gz'}", secret, "is compressed"),
        (f"django-db:{tmp_path / 'cut.sqlite3'}", secret, "damaged or cut off"),
        (f"django-db:{tmp_path / 'cut.sql'}", secret, "is cut off"),
        (f"django-db:{tmp_path / 'cut.json'}", secret, "is cut off"),
    ]
    for source, option, sentence in cases:
        done = target.tries(source, option, "--dry-run")
        assert done.returncode == 2, (source, done.stderr)
        assert sentence in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr


CACHES = {
    "django": {"BACKEND": "django.core.cache.backends.redis.RedisCache"},
    "django-redis": {"BACKEND": "django_redis.cache.RedisCache"},
    "django-redis with JSON": {
        "BACKEND": "django_redis.cache.RedisCache",
        "OPTIONS": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    },
    "django-redis with zlib": {
        "BACKEND": "django_redis.cache.RedisCache",
        "OPTIONS": {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
    },
    "django-redis with an old pickle": {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": {"PICKLE_VERSION": 2}},
}


@pytest.mark.parametrize("kind", CACHES)
@pytest.mark.parametrize("engine", ["cache", "cached_db"])
def test_cache_moves(target: Moving, database: Path, tmp_path: Path, kind: str, engine: str) -> None:
    with redis_server(tmp_path) as redis:
        cache = {**CACHES[kind], "LOCATION": redis, "KEY_PREFIX": "shop"}
        using = {"SESSION_ENGINE": f"django.contrib.sessions.backends.{engine}", "CACHES": {"default": cache}}
        cookie = log_in(VALUES, **using)
        before, _ = ask(look, cookie, **using)
        report = target.imports(f"django-cache:{redis}", "--prefix=shop:1:")
        assert (report["taken"], report["left"]) == (1, [])
        after, _ = ask(look, cookie, **ours(target))
        assert after == before and after["user"] == "ann"
        same_as_written_by_us(target, cookie, before["values"])
        wrong = target.tries(f"django-cache:{redis}", "--continue")
        assert wrong.returncode == 2 and "there is no session" in wrong.stderr


def test_what_only_python_can_make_is_told(target: Moving, database: Path, tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        using = {
            "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
            "CACHES": {"default": {**CACHES["django"], "LOCATION": redis}},
        }
        values = {
            "at": datetime.now(timezone.utc),
            "tags": {"a"},
            "raw": b"\x00",
            "pair": (1, "two"),
            "html": mark_safe("<b>"),
            "_session_expiry": datetime.now(timezone.utc) + timedelta(hours=1),
        }
        cookie = log_in(values, **using)
        report = target.imports(f"django-cache:{redis}")
        assert report["taken"] == 1
        [left] = report["left"]
        assert (left["reason"], left["count"]) == ("value", 3) and left["example"].startswith("at (datetime.datetime) of ")
        after, _ = ask(look, cookie, **ours(target))
        assert after["user"] == "ann"
        assert after["values"]["pair"] == [1, "two"] and after["values"]["html"] == "<b>"
        with override_settings(**ours(target)):
            assert SessionStore().client.get(cookie)["absoluteExpiresAt"] is not None


def test_standard_input_moves(target: Moving, database: Path, secret: str, tmp_path: Path) -> None:
    cookie = log_in({}, **DB)
    words = ["import", "--from=django-db:-", "--app=moved", f"--store={target.store}", "--keep-tokens", secret]
    with sql_dump(database, tmp_path / "dump.sql").open() as dump:
        done = subprocess.run([*COMMAND, *words], stdin=dump, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert ask(look, cookie, **ours(target))[0]["user"] == "ann"
