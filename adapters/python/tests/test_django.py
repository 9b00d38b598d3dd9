from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import ImproperlyConfigured
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

import rest_sessions
from rest_sessions.django import SessionStore

from . import contract, django_urls


def using(url: str, app: str, **more: Any) -> override_settings:
    return override_settings(REST_SESSIONS={"url": url, "app": app, **more})


class DjangoDeeds(contract.MappingDeeds):
    def login(self, subject: str) -> None:
        # What django.contrib.auth.login does.
        self.session.cycle_key()
        self.session[SESSION_KEY] = subject
        self.session[HASH_SESSION_KEY] = "hash"

    def logout(self) -> None:
        self.session.flush()


def application(url: str, app: str, page: contract.Page) -> Any:
    def request(cookie: str | None) -> contract.Answer:
        browser = Browser(raise_request_exception=False)
        django_urls.page = lambda request: page(DjangoDeeds(request.session)) and None
        headers = {} if cookie is None else {"HTTP_COOKIE": f"session={cookie}"}
        response = browser.get("/", **headers)
        cookies = [f"{morsel.OutputString()}" for morsel in response.cookies.values()]
        # SessionInterrupted is Django's way to tell it, with the status 400.
        ends = {200: "well", 400: "told"}.get(response.status_code, "error")
        return contract.Answer(ends, cookies)

    return request


def test_contract(vector: str, request: pytest.FixtureRequest) -> None:
    def configured(url: str, app: str, page: contract.Page) -> Any:
        options = using(url, app)
        options.enable()
        request.addfinalizer(options.disable)
        return application(url, app, page)

    contract.play(vector, configured)


def test_life_of_a_session(store: str) -> None:
    with using(store, "django-life"):
        session = SessionStore()
        session["cart"] = {"lamp": 1}
        session["_private"] = "Django's own"
        session.set_test_cookie()
        session.save()
        again = SessionStore(session.session_key)
        assert again["cart"] == {"lamp": 1} and again["_private"] == "Django's own" and again["testcookie"] == "worked"
        stored = again.client.get(session.session_key)
        assert stored["data"]["cart"] == {"lamp": 1} and set(stored["data"]) == {"cart", "testcookie", "_django"}
        assert stored["idleTimeout"] == 1_209_600
        assert SessionStore.clear_expired() is None
        assert again.exists(session.session_key) and not again.exists(None) and not again.exists("../../etc")
        again.delete()
        assert not again.exists(session.session_key)


def test_login_belongs_to_the_user_and_can_be_ended_everywhere(store: str) -> None:
    with using(store, "django-user"):
        session = SessionStore()
        session["cart"] = 1
        session.save()
        old = session.session_key
        session.cycle_key()
        session[SESSION_KEY] = "42"
        session.save()
        assert session.session_key != old and SessionStore(session.session_key)["cart"] == 1
        assert not session.exists(old)
        assert session.client.revoke_subject("42") == 1
        with pytest.raises(UpdateError):
            session["late"] = True
            session.save()
        assert not session.exists(session.session_key)


def logged_in() -> SessionStore:
    session = SessionStore()
    session.update({"cart": 1, SESSION_KEY: "42"})
    session.save()
    return session


def test_a_user_who_was_ended_everywhere_does_not_come_back_by_a_new_key(store: str) -> None:
    with using(store, "django-ended"):
        page = SessionStore(logged_in().session_key)
        assert page["cart"] == 1
        assert page.client.revoke_subject("42") == 1
        # As update_session_auth_hash does after a change of the password.
        with pytest.raises(UpdateError):
            page.cycle_key()
        page[HASH_SESSION_KEY] = "new"
        with pytest.raises(UpdateError):
            page.save()
        assert page.client.list(subject="42")["sessions"] == []


def test_a_view_that_gives_a_key_to_what_was_ended_is_told_in_djangos_way(store: str) -> None:
    with using(store, "django-ended-view"):
        session = logged_in()

        def page(request: Any) -> None:
            request.session["cart"] = 2
            session.client.revoke_subject("42")
            request.session.cycle_key()

        django_urls.page = page
        response = Browser(raise_request_exception=False).get("/", HTTP_COOKIE=f"session={session.session_key}")
        assert response.status_code == 400 and not response.cookies
        assert session.client.list(subject="42")["sessions"] == []


def test_of_two_pages_that_give_a_user_a_new_key_the_second_is_told(store: str) -> None:
    with using(store, "django-twice"):
        key = logged_in().session_key
        first, second = SessionStore(key), SessionStore(key)
        assert first["cart"] == second["cart"] == 1
        first.cycle_key()
        with pytest.raises(UpdateError):
            second.cycle_key()


def test_a_login_form_that_is_submitted_twice_logs_in_twice(store: str) -> None:
    with using(store, "django-form"):
        guest = SessionStore()
        guest["cart"] = 1
        guest.save()
        first, second = SessionStore(guest.session_key), SessionStore(guest.session_key)
        assert first["cart"] == second["cart"] == 1
        for page in (first, second):
            page.cycle_key()
            page[SESSION_KEY] = "7"
            page.save()
        assert first.session_key != second.session_key
        assert {SessionStore(page.session_key)["cart"] for page in (first, second)} == {1}
        assert guest.client.revoke_subject("7") == 2


def test_a_new_key_keeps_what_another_page_wrote_of_djangos_own(store: str) -> None:
    with using(store, "django-own-key"):
        session = SessionStore()
        session.update({"cart": 1, "_messages": ["old"], "_gone": 1})
        session.save()
        page, other = SessionStore(session.session_key), SessionStore(session.session_key)
        assert page["cart"] == other["cart"] == 1
        other.update({"_other": "hello", "shared": 1})
        del other["_gone"]
        other.save()
        page.cycle_key()
        page[SESSION_KEY] = "7"
        page.save()
        seen = dict(SessionStore(page.session_key).items())
        assert seen == {"cart": 1, "shared": 1, "_messages": ["old"], "_other": "hello", SESSION_KEY: "7"}


def told_subject(values: Mapping[str, Any]) -> str | None:
    return values.get("user")


@pytest.mark.parametrize("subject", [told_subject, f"{__name__}.told_subject"], ids=["function", "path"])
def test_an_application_without_djangos_users_tells_whose_session_it_is(subject: Any) -> None:
    with using(contract.env("REST_SESSIONS_EMBEDDED"), "django-subject", subject=subject):
        session = SessionStore()
        session["cart"] = 1
        session.save()
        assert session.client.get(session.session_key)["subject"] is None
        session.cycle_key()
        session["user"] = "ann"
        session.save()
        assert session.client.get(session.session_key)["subject"] == "ann"
        # A session that another stack began is still hers after a change.
        other = SessionStore(session.session_key)
        other["cart"] = 2
        other.save()
        assert session.client.revoke_subject("ann") == 1


def test_a_subject_that_is_no_function_is_refused_in_words() -> None:
    with using("http://127.0.0.1:9", "django-subject", subject=7), pytest.raises(ImproperlyConfigured, match="subject"):
        SessionStore("x" * 32).load()


def test_expiry(store: str) -> None:
    with using(store, "django-expiry"):
        for past in (-10, timezone.now() - timedelta(days=1)):
            session = SessionStore()
            session["a"] = 1
            session.set_expiry(past)
            session.save()
            assert "a" not in SessionStore(session.session_key)
        session = SessionStore()
        session.set_expiry(timedelta(hours=1))
        session.save()
        assert 3500 < SessionStore(session.session_key).get_expiry_age() <= 3600
        assert session.client.get(session.session_key)["idleTimeout"] <= 3600


def test_a_session_that_another_stack_began_lasts_as_it_did(store: str) -> None:
    with using(store, "django-foreign"):
        client = SessionStore().client
        key = client.create(data={"cart": 1}, idleTimeout=7200)["token"]
        page = SessionStore(key)
        page["_messages"] = ["hello"]
        page.save()
        page.cycle_key()
        page[SESSION_KEY] = "42"
        page.save()
        assert client.get(page.session_key)["idleTimeout"] == 7200
        page.set_expiry(3600)
        page.save()
        assert client.get(page.session_key)["idleTimeout"] == 3600
        other = SessionStore(page.session_key)
        other["_more"] = 1
        client.touch(page.session_key, idle_timeout=1800)
        other.save()
        assert client.get(page.session_key)["idleTimeout"] == 1800


def test_an_expiry_that_is_taken_back_is_that_of_the_settings(store: str) -> None:
    with using(store, "django-back"):
        session = SessionStore()
        session["cart"] = 1
        session.set_expiry(60)
        session.save()
        assert session.client.get(session.session_key)["idleTimeout"] == 60
        page = SessionStore(session.session_key)
        page.set_expiry(None)
        page.save()
        stored = page.client.get(page.session_key)
        assert stored["idleTimeout"] == 1_209_600 and stored["data"] == {"cart": 1}


def test_an_expiry_that_the_policy_refuses_is_named(tmp_path: Path) -> None:
    process, url = contract.start_server(tmp_path, "0", {"defaults": {"maxIdleTimeout": 86_400}})
    try:
        with using(url, "django-policy"):
            session = SessionStore()
            session["cart"] = 1
            with pytest.raises(rest_sessions.SessionError, match=r"86400.*SESSION_COOKIE_AGE") as refused:
                session.save()
            assert refused.value.code == "invalid_value" and refused.value.faults
            session.set_expiry(3600)
            session.create()
            session.set_expiry(86_401)
            with pytest.raises(rest_sessions.SessionError, match="SESSION_COOKIE_AGE"):
                session.save()
            # Django's own error of it goes on being told.
            session.client.revoke(session.session_key)
            with pytest.raises(UpdateError):
                session.save()
    finally:
        process.kill()
        process.wait()


def test_pages_at_once_keep_what_each_wrote_of_djangos_own(store: str) -> None:
    with using(store, "django-own"):
        first = SessionStore()
        first.update({"_old": 1, SESSION_KEY: "7"})
        first.save()
        one, two = SessionStore(first.session_key), SessionStore(first.session_key)
        assert one["_old"] == two["_old"] == 1
        two["_messages"] = "hello"
        del two["_old"]
        two.save()
        one["_tour"] = 1
        one.save()
        # It does not know what the other one wrote, and must not take it away now.
        one["_tour"] = 2
        one.save()
        assert dict(SessionStore(first.session_key).items()) == {SESSION_KEY: "7", "_messages": "hello", "_tour": 2}


def test_a_very_short_expiry_slides_and_ends(store: str) -> None:
    with using(store, "django-short"):
        session = SessionStore()
        session.set_expiry(3)
        session.save()
        key = session.session_key or ""
        first = session.client.get(key)["absoluteExpiresAt"]
        page = SessionStore(key)
        page["a"] = 1
        page.save()
        stored = page.client.get(key)
        assert stored["absoluteExpiresAt"] > first and stored["data"]["a"] == 1


@pytest.mark.skipif(not hasattr(SessionStore, "aget"), reason="Django has it since 5.1")
async def test_asynchronous(store: str) -> None:
    with using(store, "django-async"):
        session = SessionStore()
        await session.aset("a", 1)
        await session.asave()
        again = SessionStore(session.session_key)
        assert await again.aget("a") == 1
        await again.acycle_key()
        await again.asave()
        assert not await again.aexists(session.session_key)
        await again.aflush()
        assert again.session_key is None


def test_what_is_not_touched_stays_to_the_letter(store: str) -> None:
    values = contract.data_values()
    body = '{"data":{' + ",".join(f'"{key}":{text}' for key, text in values.items()) + "}}"
    at = f"{store}/v1/apps/django-data"
    made = httpx.post(f"{at}/sessions", content=body.encode(), headers={"Content-Type": "application/json"}).json()
    with using(store, "django-data"):
        session = SessionStore(made["token"])
        session["added"] = 1
        session.save()
    text = httpx.get(f"{at}/session", headers={"Session-Token": made["token"]}).text
    for key, value in values.items():
        assert f'"{key}":{value}' in text


def test_twenty_at_once_lose_nothing(store: str) -> None:
    with using(store, "django-many"):
        session = SessionStore()
        session.save()

        def add(i: int) -> None:
            page = SessionStore(session.session_key)
            page[f"item{i}"] = i
            page.save()

        with ThreadPoolExecutor(20) as pool:
            list(pool.map(add, range(20)))
        assert len(SessionStore(session.session_key).keys()) == 20


def test_pickled_sessions_are_opaque() -> None:
    url = contract.stores()[0]
    with using(url, "django-pickle"), override_settings(SESSION_SERIALIZER="tests.pickling.PickleSerializer"):
        session = SessionStore()
        session["when"] = timedelta(days=1)
        session.save()
        assert SessionStore(session.session_key)["when"] == timedelta(days=1)
        assert set(session.client.get(session.session_key)["data"]) == {"_django"}


def test_values_that_json_does_not_have_are_named() -> None:
    with using(contract.stores()[0], "django-json"):
        session = SessionStore()
        session["when"] = timedelta(days=1)
        with pytest.raises(TypeError, match=r"^when cannot be sent as JSON"):
            session.save()


def test_a_lost_server_is_an_error_and_no_logout() -> None:
    django_urls.page = lambda request: json.dumps(dict(request.session.items()))
    with using("http://127.0.0.1:9", "django"):
        response = Browser(raise_request_exception=False).get("/", HTTP_COOKIE="session=abcdefghijklmnopqrstuvwxyz012345")
        assert response.status_code == 500 and not response.cookies
        with pytest.raises(rest_sessions.SessionServerLostError):
            SessionStore("abcdefghijklmnopqrstuvwxyz012345").load()


def test_ended_meanwhile_is_told_in_djangos_way() -> None:
    with using(contract.stores()[0], "django-told"):
        session = SessionStore()
        session["a"] = 1
        session.save()

        def page(request: Any) -> None:
            request.session["a"] = 2
            session.client.revoke(session.session_key)

        django_urls.page = page
        with pytest.raises(SessionInterrupted):
            # The middleware raises it; the handler would make it a 400.
            from django.contrib.sessions.middleware import SessionMiddleware
            from django.http import HttpResponse
            from django.test import RequestFactory

            request = RequestFactory().get("/", HTTP_COOKIE=f"session={session.session_key}")
            SessionMiddleware(lambda r: page(r) or HttpResponse())(request)


def test_wrong_settings_are_named() -> None:
    from django.core.exceptions import ImproperlyConfigured

    wrong = override_settings(REST_SESSIONS={"url": "http://127.0.0.1:9", "appp": "x"})
    with wrong, pytest.raises(ImproperlyConfigured, match="REST_SESSIONS must be"):
        SessionStore("abcdefghijklmnopqrstuvwxyz012345").load()
