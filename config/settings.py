"""Every setting of a deployment, read from the environment once.

The names in the environment begin with COURSES_, but for DATABASE_URL. docs and README list them.
"""

import secrets
from pathlib import Path

import environ

from config import database

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# ---------------------------------------------------------------- this deployment
DATA_DIR = env.path("COURSES_DATA_DIR", default=str(BASE_DIR / ".data"))
DATA_DIR = Path(str(DATA_DIR)).expanduser().resolve()
DEBUG = env.bool("COURSES_DEBUG", default=False)
ALLOWED_HOSTS = env.list("COURSES_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("COURSES_TRUSTED_ORIGINS", default=[])


def _secret_key() -> str:
    """The configured key, or one made at the first start and kept beside the data."""
    if configured := env.str("COURSES_SECRET_KEY", default=""):
        return configured
    path = DATA_DIR / "secret_key"
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = _secret_key()

# ---------------------------------------------------------------- the limits of the API
STATEMENT_TIMEOUT_MS = env.int("COURSES_STATEMENT_TIMEOUT_MS", default=5_000)
LOCK_TIMEOUT_MS = env.int("COURSES_LOCK_TIMEOUT_MS", default=2_000)
REQUEST_DEADLINE_SECONDS = env.float("COURSES_REQUEST_DEADLINE_SECONDS", default=10.0)
MAX_BODY_BYTES = env.int("COURSES_MAX_BODY_BYTES", default=256 * 1024)
MAX_TOKENS = env.int("COURSES_MAX_TOKENS", default=2_000)
MAX_DEPTH = env.int("COURSES_MAX_DEPTH", default=15)
MAX_ALIASES = env.int("COURSES_MAX_ALIASES", default=50)
MAX_MUTATION_FIELDS = env.int("COURSES_MAX_MUTATION_FIELDS", default=10)
MAX_COST = env.int("COURSES_MAX_COST", default=10_000)
DEFAULT_PAGE_SIZE = env.int("COURSES_DEFAULT_PAGE_SIZE", default=20)
MAX_PAGE_SIZE = env.int("COURSES_MAX_PAGE_SIZE", default=100)

# ---------------------------------------------------------------- execution
DATABASE_THREADS = env.int("COURSES_DATABASE_THREADS", default=4)
DJANGO_THREADS = env.int("COURSES_DJANGO_THREADS", default=2)
EXECUTING_REQUESTS = env.int("COURSES_EXECUTING_REQUESTS", default=4)
WAITING_REQUESTS = env.int("COURSES_WAITING_REQUESTS", default=256)

# ---------------------------------------------------------------- behaviour of the product
SUBMISSION_SLACK_SECONDS = env.int("COURSES_SUBMISSION_SLACK_SECONDS", default=10)
REVIEWS_NEED_APPROVAL = env.bool("COURSES_REVIEWS_NEED_APPROVAL", default=True)
TRUSTED_PROXIES = env.list("COURSES_TRUSTED_PROXIES", default=[])
TRUSTED_PROXY_HOPS = env.int("COURSES_TRUSTED_PROXY_HOPS", default=1)

# ---------------------------------------------------------------- Django
DATABASES = {
    "default": database.configuration(
        env.str("DATABASE_URL", default=""),
        DATA_DIR,
        {"statement_timeout": str(STATEMENT_TIMEOUT_MS), "lock_timeout": str(LOCK_TIMEOUT_MS)},
    )
}
AUTH_USER_MODEL = "courses.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "strawberry_django",
    "courses",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
STRAWBERRY_DJANGO = {"FIELD_DESCRIPTION_FROM_HELP_TEXT": True, "TYPE_DESCRIPTION_FROM_MODEL_DOCSTRING": True}
