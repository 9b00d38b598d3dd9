"""The page in Python. It shares one login session with the pages in the other languages; see README.md."""
import html, json, os, re
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib import error, parse, request

API = os.environ["SESSIONS_URL"] + "/v1/apps/shop"
KEY = {"Authorization": "Bearer " + os.environ["SESSIONS_KEY"]} if os.environ.get("SESSIONS_KEY") else {}
COOKIE = "session={}; HttpOnly; SameSite=Lax; Path=/" + ("" if os.environ.get("PLAIN_HTTP") else "; Secure")
CLEARED = COOKIE.format("") + "; Max-Age=0"
LOGIN, HOME = (Path(__file__).with_name(name).read_text("utf-8") for name in ("login.html", "home.html"))

class LoggedOut(Exception): """There is no such session any more. All other faults say nothing about the session."""
def call(method, path, mine={}, body=None, kind="application/json"):
    headers = {"Content-Type": kind, **KEY, **mine}
    asked = request.Request(API + path, body and json.dumps(body).encode(), headers, method=method)
    try:
        with request.urlopen(asked, timeout=2) as answer: return json.load(answer)
    except error.HTTPError as problem:
        if problem.status == 404 and json.load(problem).get("code") == "session_not_found": raise LoggedOut
        raise

def respond(action, form, mine, device):  # gives status, headers and HTML
    if action == "/login" and form.get("user"):  # the place to check a password
        token = call("POST", "/sessions", body={"subject": form["user"], **device})["token"]
        return 303, {"Location": "/", "Set-Cookie": COOKIE.format(token)}, ""
    if not mine: return 200, {}, LOGIN.format(message="Please log in.")
    if action == "/add" and form.get("item"):  # a merge patch: what other pages add meanwhile stays
        call("PATCH", "/session", mine, {"cart": {form["item"]: "Python"}}, "application/merge-patch+json")
        return 303, {"Location": "/"}, ""
    session = call("GET", "/session?touch=true", mine)
    everywhere = "/subjects/" + parse.quote(session["subject"], safe="") + "/sessions"
    if action == "/logout-everywhere":
        call("DELETE", everywhere)
        return 303, {"Location": "/", "Set-Cookie": CLEARED}, ""
    items = [f"{item} ({page})" for item, page in session["data"].get("cart", {}).items()]
    devices = [f"{device['userAgent']}, {device['ip']}" for device in call("GET", everywhere)["sessions"]]
    cart, devices = ("".join(f"<li>{html.escape(line)}" for line in lines) for lines in (items, devices))
    return 200, {}, HOME.format(language="Python", user=html.escape(session["subject"]), cart=cart, devices=devices)

class Page(BaseHTTPRequestHandler):
    def do_GET(self, action=None, form={}):
        cookie = re.search(r"(?:^|;) *session=([A-Za-z0-9]+)", self.headers.get("Cookie", ""))
        device = {"ip": self.client_address[0], "userAgent": (self.headers.get("User-Agent") or "unknown")[:512]}
        try: status, headers, text = respond(action, form, cookie and {"Session-Token": cookie[1]}, device)
        except LoggedOut: status, headers, text = 403, {"Set-Cookie": CLEARED}, LOGIN.format(message="Logged out.")
        except (OSError, HTTPException, ValueError) as fault:  # the cookie stays
            self.log_error("%s", fault)
            status, headers, text = 503, {"Retry-After": "5"}, "Please try again in a moment."
        self.send_response(status)
        for header in {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", **headers}.items():
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(text.encode())
    def do_POST(self):
        form = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 10_000)).decode(errors="replace")
        self.do_GET(self.path, dict(parse.parse_qsl(form)))

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
