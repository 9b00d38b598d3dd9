"""The page on Django's request.session."""

import html
import os
import re
from pathlib import Path
from wsgiref.simple_server import WSGIServer, make_server
from socketserver import ThreadingMixIn

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

settings.configure(
    SECRET_KEY="only for this example",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="rest_sessions.django",
    SESSION_COOKIE_NAME="session",
    SESSION_EXPIRE_AT_BROWSER_CLOSE=True,
    # An application with django.contrib.auth leaves `subject` out: the session is that of request.user.
    REST_SESSIONS={"url": os.environ["SESSIONS_URL"], "app": "shop", "subject": lambda session: session.get("user")},
)


def show(template: str, **parts: str) -> HttpResponse:
    text = Path(__file__).parent.parent.joinpath(f"{template}.html").read_text("utf-8")
    text = re.sub(r"\{(\w+)\}", lambda found: {"page": "Django", **parts}[found[1]], text)
    return HttpResponse(text, headers={"Cache-Control": "no-store"})


def back() -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": "./"})


def home(request: HttpRequest) -> HttpResponse:
    session = request.session
    if "user" not in session:
        return show("login")
    items = [(key[5:], page) for key, page in session.items() if key.startswith("item:")]
    cart = "".join(f'<li data-page="{page}">{html.escape(item)}</li>' for item, page in items)
    return show("home", user=html.escape(session["user"]), cart=cart)


@require_POST
def login(request: HttpRequest) -> HttpResponse:
    request.session.cycle_key()
    request.session["user"] = request.POST["user"]  # the place to check a password
    return back()


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    if "user" in request.session:
        request.session["item:" + request.POST["item"]] = "Django"
    return back()


@require_POST
def log_out_everywhere(request: HttpRequest) -> HttpResponse:
    if "user" in request.session:
        request.session.client.revoke_subject(request.session["user"])
        request.session.flush()
    return back()


urlpatterns = [
    path("", home),
    path("login", login),
    path("add", add),
    path("logout-everywhere", log_out_everywhere),
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application(), Server).serve_forever()
