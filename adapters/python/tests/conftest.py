from __future__ import annotations

import os

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.django_settings")
django.setup()

from . import contract  # noqa: E402


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "vector" in metafunc.fixturenames:
        names = [vector["name"] for vector in contract.vectors()]
        assert len(names) >= 30
        metafunc.parametrize("vector", names)
    for kind in ("stream", "page"):
        if f"{kind}_vector" in metafunc.fixturenames:
            metafunc.parametrize(f"{kind}_vector", [vector["name"] for vector in contract.event_vectors()[f"{kind}s"]])
    if "webhook_case" in metafunc.fixturenames:
        metafunc.parametrize("webhook_case", contract.webhook_cases(), ids=lambda case: case["name"])
    if "store" in metafunc.fixturenames:
        redis = os.environ.get("REST_SESSIONS_REDIS")
        metafunc.parametrize("store", contract.stores(), ids=lambda url: "redis" if url == redis else "embedded")
