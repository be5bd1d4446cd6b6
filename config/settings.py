"""Settings of a deployment, read from the environment once.

The names in the environment begin with COURSES_, but for DATABASE_URL and CACHE_URL. docs/operators.md lists them.
"""

import os
from functools import partial
from pathlib import Path

from config import addresses, database, kept_secrets, log_lines
from config.environment import Environment, same_site

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

# ---------------------------------------------------------------- this deployment
DATA_DIR = env.path("COURSES_DATA_DIR", default=BASE_DIR / ".data")
EXPORTS_DIR = env.path("COURSES_EXPORTS_DIR", default=DATA_DIR / "exports")
GRAPHIQL_DIR = env.path("COURSES_GRAPHIQL_DIR", default=DATA_DIR / "graphiql")
DEBUG = env.bool("COURSES_DEBUG", default=False)
SITE_NAME = env.line("COURSES_SITE_NAME", default="Courses")
DEMONSTRATION = env.bool("COURSES_DEMONSTRATION", default=False)  # `manage.py demo` switches it on
ALLOWED_HOSTS = env.list(
    "COURSES_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"], by=addresses.host
)
CORS_ORIGINS = env.parsed("COURSES_CORS_ORIGINS", default=[], by=addresses.origins_of_pages)
SESSION_ORIGINS = [origin for origin in CORS_ORIGINS if origin != "*"]  # whose pages may use a session
CSRF_TRUSTED_ORIGINS = [
    *env.list("COURSES_TRUSTED_ORIGINS", default=[], by=addresses.origin),
    *SESSION_ORIGINS,
]
HTTPS = env.bool("COURSES_HTTPS", default=False)
PUBLIC_URL = env.parsed("COURSES_PUBLIC_URL", default="http://localhost:8000", by=addresses.web_address)
LOG_REQUESTS = env.bool("COURSES_LOG_REQUESTS", default=False)  # `manage.py serve` switches it on
METRICS_ADDRESS = env.parsed("COURSES_METRICS_ADDRESS", default=None, by=addresses.host_and_port)
METRICS_TOKEN = env.line("COURSES_METRICS_TOKEN", default="")
METRICS = bool(METRICS_ADDRESS or METRICS_TOKEN)
TRACES = env.parsed("COURSES_TRACES", default="", by=addresses.collector)
SECRET_KEY = env.str("COURSES_SECRET_KEY", default="") or kept_secrets.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("COURSES_SECRET_KEY_FALLBACKS", default=[], by=str)

# ---------------------------------------------------------------- the limits of the API
LONGEST_TIMEOUT_MS = 2**31 - 1  # PostgreSQL's
STATEMENT_TIMEOUT_MS = env.int("COURSES_STATEMENT_TIMEOUT_MS", default=5_000, maximum=LONGEST_TIMEOUT_MS)
LOCK_TIMEOUT_MS = env.int("COURSES_LOCK_TIMEOUT_MS", default=2_000, maximum=LONGEST_TIMEOUT_MS)
REQUEST_DEADLINE_SECONDS = env.float("COURSES_REQUEST_DEADLINE_SECONDS", default=10.0)
MAX_BODY_BYTES = env.int("COURSES_MAX_BODY_BYTES", default=256 * 1024)
MAX_TOKENS = env.int("COURSES_MAX_TOKENS", default=2_000)
MAX_READING_STEPS = env.int("COURSES_MAX_READING_STEPS", default=40_000)  # of about a microsecond
MAX_DEPTH = env.int("COURSES_MAX_DEPTH", default=15)
MAX_ALIASES = env.int("COURSES_MAX_ALIASES", default=50)
MAX_MUTATION_FIELDS = env.int("COURSES_MAX_MUTATION_FIELDS", default=10)
MAX_COST = env.int("COURSES_MAX_COST", default=10_000)
COMPILED_READS = env.bool(
    "COURSES_COMPILED_READS", default=True
)  # off: everything by graphql-core and DataLoaders
RATE_LIMIT = env.bool("COURSES_RATE_LIMIT", default=True)
RATE_LIMIT_POINTS = max(MAX_COST, env.int("COURSES_RATE_LIMIT_POINTS", default=50_000))
RATE_LIMIT_RESTORED_PER_SECOND = env.int("COURSES_RATE_LIMIT_RESTORED_PER_SECOND", default=1_000)
PERSISTED_QUERIES = env.int("COURSES_PERSISTED_QUERIES", default=10_000)
EVENTS_KEPT_DAYS = env.int("COURSES_EVENTS_KEPT_DAYS", default=30, minimum=0, maximum=36_500)
TRUSTED_DOCUMENTS = env.one_of("COURSES_TRUSTED_DOCUMENTS", default="also", choices=("only", "also", "off"))
MAX_SUBSCRIPTIONS = env.int("COURSES_MAX_SUBSCRIPTIONS", default=50)  # of one person, in one process
SUBSCRIPTION_CHECK_SECONDS = env.float("COURSES_SUBSCRIPTION_CHECK_SECONDS", default=30.0)
MAX_PAGE_SIZE = env.int("COURSES_MAX_PAGE_SIZE", default=100)
DEFAULT_PAGE_SIZE = min(
    MAX_PAGE_SIZE, env.int("COURSES_DEFAULT_PAGE_SIZE", default=20, maximum=MAX_PAGE_SIZE)
)

# ---------------------------------------------------------------- execution
DATABASE_THREADS = env.int("COURSES_DATABASE_THREADS", default=4)
DJANGO_THREADS = env.int("COURSES_DJANGO_THREADS", default=2)
READ_SESSIONS = env.int("COURSES_READ_SESSIONS", default=4, minimum=0)
EXECUTING_REQUESTS = env.int("COURSES_EXECUTING_REQUESTS", default=4)
WAITING_REQUESTS = env.int("COURSES_WAITING_REQUESTS", default=256, minimum=0)
BACKGROUND_WORK = env.bool("COURSES_BACKGROUND_WORK", default=True)

# ---------------------------------------------------------------- connections
MAX_CONNECTIONS = env.int("COURSES_MAX_CONNECTIONS", default=1_000)
MAX_HEADERS = env.int("COURSES_MAX_HEADERS", default=100)
MAX_HEADER_BYTES = env.int("COURSES_MAX_HEADER_BYTES", default=32 * 1024)
MAX_UNSENT_BYTES = env.int("COURSES_MAX_UNSENT_BYTES", default=4 * 1024 * 1024)
HEADER_TIMEOUT_SECONDS = env.float("COURSES_HEADER_TIMEOUT_SECONDS", default=10.0)
BODY_TIMEOUT_SECONDS = env.float("COURSES_BODY_TIMEOUT_SECONDS", default=10.0)
WRITE_TIMEOUT_SECONDS = env.float("COURSES_WRITE_TIMEOUT_SECONDS", default=30.0)

# ---------------------------------------------------------------- behaviour of the product
SUBMISSION_SLACK_SECONDS = env.int("COURSES_SUBMISSION_SLACK_SECONDS", default=10, minimum=0)
EXPORT_LIFETIME_HOURS = env.int("COURSES_EXPORT_LIFETIME_HOURS", default=24)
REVIEWS_NEED_APPROVAL = env.bool("COURSES_REVIEWS_NEED_APPROVAL", default=True)
TRUSTED_PROXIES = env.list("COURSES_TRUSTED_PROXIES", default=[], by=addresses.network)
TRUSTED_PROXY_HOPS = env.int("COURSES_TRUSTED_PROXY_HOPS", default=1)
WEBHOOKS_ALLOW_LOOPBACK = env.bool("COURSES_WEBHOOKS_ALLOW_LOOPBACK", default=False)

# ---------------------------------------------------------------- Django
_session_options = {"statement_timeout": str(STATEMENT_TIMEOUT_MS), "lock_timeout": str(LOCK_TIMEOUT_MS)}
DATABASES = {
    "default": database.configuration(
        env.parsed("DATABASE_URL", default=None, by=addresses.postgresql), DATA_DIR, _session_options
    )
}
_replicas = database.replicas(
    env.list("COURSES_REPLICA_URLS", default=[], by=addresses.postgresql), _session_options
)
REPLICAS = [*_replicas]  # their names in DATABASES
DATABASES |= _replicas
REPLICA_LAG_SECONDS = env.float("COURSES_REPLICA_LAG_SECONDS", default=10.0)
# Past a pooler, which would share the session.
LISTEN_URL = env.parsed("COURSES_LISTEN_URL", default="", by=addresses.listening)
CACHES = {
    "default": env.url("CACHE_URL", default="dbcache://django_cache?max_entries=100000", by=addresses.cache)
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
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.idp.oidc",
    "strawberry_django",
    "courses",
    "config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.content_security.ContentSecurityMiddleware",
    "config.request_guard.RequestGuard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    *(["config.cross_origin.ListedOriginMiddleware"] if SESSION_ORIGINS else []),
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *(["config.written_pages.WrittenPagesMiddleware"] if REPLICAS else []),
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],  # before those of django-allauth
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
LOGGING = log_lines.configuration(is_serving=LOG_REQUESTS)
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
STRAWBERRY_DJANGO = {"FIELD_DESCRIPTION_FROM_HELP_TEXT": True, "TYPE_DESCRIPTION_FROM_MODEL_DOCSTRING": True}

# ---------------------------------------------------------------- people: sign-up, sign-in, partners
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/graphql/"
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_FORMS = {"login": "config.forms.SignInForm"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # else signing up would tell which addresses have an account
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key,10/h/key,20/d/key",  # of one account from one address: ever fewer
    "login_failed_anywhere": "100/h/key",  # of one account: from then on it is under attack
    "login_failed_under_attack": "1/m/key,3/h/key",  # of that account from one address
}
ACCOUNT_USERNAME_BLACKLIST = ["admin", "administrator", "moderator", "root", "staff", "support", "system"]
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
HEADLESS_CLIENTS = ["browser"]
FRONTEND_URL = env.parsed("COURSES_FRONTEND_URL", default="", by=addresses.web_address)
FRONTEND_PAGES = {
    "account_confirm_email": "/verify-email/{key}",
    "account_reset_password": "/reset-password",
    "account_reset_password_from_key": "/reset-password/{key}",
    "account_signup": "/sign-up",
}  # where the links of our mails lead; without a front end, to the pages under /accounts/
HEADLESS_FRONTEND_URLS = {name: FRONTEND_URL + path for name, path in FRONTEND_PAGES.items() if FRONTEND_URL}
IDP_OIDC_ADAPTER = "config.partners.PartnerAdapter"
IDP_OIDC_PRIVATE_KEY = env.parsed(
    "COURSES_SIGNING_KEY", default="", by=kept_secrets.rsa_key
) or kept_secrets.signing_key(DATA_DIR)
IDP_OIDC_INTROSPECTION_ENABLED = True
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 30 * 24 * 60 * 60
IDP_OIDC_RATE_LIMITS = {"token": "60/m/ip"}
vars().update(env.url("COURSES_EMAIL_URL", default="consolemail://", by=addresses.mail))
DEFAULT_FROM_EMAIL = env.parsed("COURSES_EMAIL_FROM", default="courses@localhost", by=addresses.sender)

# ---------------------------------------------------------------- HTTPS
SESSION_COOKIE_SAMESITE = env.parsed(
    "COURSES_SESSION_SAMESITE", default="Lax", by=partial(same_site, is_secure=HTTPS)
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # whether browsers preload a domain is for its owner to say

env.check()
