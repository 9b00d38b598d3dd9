"""The page that the tests ask for: what it does is given by the test."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

#: Set by a test: takes the request.
page: Any = None


def run(request: HttpRequest) -> HttpResponse:
    result = page(request)
    return result if isinstance(result, HttpResponse) else JsonResponse({"result": result})


urlpatterns = [path("", run)]
