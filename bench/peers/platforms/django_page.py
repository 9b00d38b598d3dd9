import json
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from waitress import serve

OURS = {
    "SESSION_ENGINE": "rest_sessions.django",
    "REST_SESSIONS": {"url": os.environ.get("SESSIONS_URL"), "app": "bench", "timeout": 20.0},
}
THEIRS = {
    "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
    "CACHES": {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{os.environ.get('REDIS_PORT')}",
        }
    },
}
settings.configure(
    SECRET_KEY="not a secret",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    LOGGING_CONFIG=None,
    **(OURS if os.environ["STORE"] == "ours" else THEIRS),
)


def login(request: HttpRequest) -> HttpResponse:
    request.session.update(json.loads(request.body))
    return HttpResponse()


def view(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"name": request.session["name"]})


urlpatterns = [path("login", login), path("view", view)]
serve(get_wsgi_application(), host="127.0.0.1", port=int(os.environ["PORT"]), threads=8, backlog=256, _quiet=True)
