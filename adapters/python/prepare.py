"""Installs what is tested and what tests it into ignored folders, at most once: `.venv`, and beside it `.django-4.2` and
`.flask-session-0.5`.

    python3 prepare.py [--frameworks]

`--frameworks` installs no more than the frameworks: all that examples/polyglot/native needs. Whoever comes while another
process installs waits for it.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

HERE = Path(__file__).parent
VENV = HERE / ".venv"
FRAMEWORKS = HERE / "requirements-frameworks.txt"
TESTS = HERE / "requirements-test.txt"


def mark_of(*files: Path) -> Path:
    """The file that says that all of these are installed."""
    return VENV / sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def pip(*arguments: str) -> None:
    command = [str(VENV / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, cwd=HERE, check=True)


def main() -> None:
    has_frameworks, has_all = mark_of(FRAMEWORKS), mark_of(FRAMEWORKS, TESTS)
    if not has_frameworks.exists():
        rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        pip("-r", str(FRAMEWORKS))
        has_frameworks.touch()
    if has_all.exists() or "--frameworks" in sys.argv[1:]:
        return
    django_4 = HERE / ".django-4.2"
    rmtree(django_4, ignore_errors=True)
    pip("-r", str(TESTS))
    pip("--no-build-isolation", "--no-deps", "--editable", ".")
    pip("--target", str(django_4), "django==4.2.30")
    # Before 0.7 it wrote pickle; who moves in may still have it.
    flask_session_5 = HERE / ".flask-session-0.5"
    rmtree(flask_session_5, ignore_errors=True)
    pip("--target", str(flask_session_5), "--no-deps", "flask-session==0.5.0")
    has_all.touch()


with HERE.joinpath(".prepare.lock").open("w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    main()
