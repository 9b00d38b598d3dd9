"""What Django needs to know of the tests, and of the type checks."""

SECRET_KEY = "not a secret"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
ROOT_URLCONF = "tests.django_urls"
SESSION_ENGINE = "rest_sessions.django"
SESSION_COOKIE_NAME = "session"
REST_SESSIONS = {"url": "http://127.0.0.1:9", "app": "django"}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEBUG_PROPAGATE_EXCEPTIONS = False
