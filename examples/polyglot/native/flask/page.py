"""The page on Flask's session."""

import html
import os
import re
from pathlib import Path

from flask import Flask, Response, request, session

from rest_sessions.flask import RestSessionInterface

app = Flask(__name__)
app.session_interface = RestSessionInterface(os.environ["SESSIONS_URL"], "shop")


def show(template: str, **parts: str) -> Response:
    text = Path(__file__).parent.parent.joinpath(f"{template}.html").read_text("utf-8")
    text = re.sub(r"\{(\w+)\}", lambda found: {"page": "Flask", **parts}[found[1]], text)
    return Response(text, headers={"Cache-Control": "no-store"})


def back() -> Response:
    return Response(status=303, headers={"Location": "./"})


@app.get("/")
def home() -> Response:
    if "user" not in session:
        return show("login")
    items = [(key[5:], page) for key, page in session.items() if key.startswith("item:")]
    cart = "".join(f'<li data-page="{page}">{html.escape(item)}</li>' for item, page in items)
    return show("home", user=html.escape(session["user"]), cart=cart)


@app.post("/login")
def login() -> Response:
    session.login(request.form["user"])  # the place to check a password
    session["user"] = request.form["user"]
    return back()


@app.post("/add")
def add() -> Response:
    if "user" in session:
        session["item:" + request.form["item"]] = "Flask"
    return back()


@app.post("/logout-everywhere")
def log_out_everywhere() -> Response:
    if "user" in session:
        app.session_interface.client.revoke_subject(session["user"])
        session.logout()
    return back()


app.run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
