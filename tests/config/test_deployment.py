"""The settings of a deployment on the network, and the secrets that it makes for itself."""

import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from config.kept_secrets import kept_secret, new_signing_key
from tests.concurrency import at_once
from tests.config.deployments import python

PRODUCTION = {
    "COURSES_HTTPS": "on",
    "COURSES_ALLOWED_HOSTS": "courses.example.org",
    "COURSES_TRUSTED_ORIGINS": "https://courses.example.org",
    "COURSES_TRUSTED_PROXIES": "10.0.0.0/8",
    "COURSES_EMAIL_URL": "smtp+tls://mailer:secret@mail.example.org:587",
    "DATABASE_URL": "postgres://courses:secret@database.example.org/courses",
    "CACHE_URL": "filecache:///var/cache/courses",
}
SHOW = """
from django.conf import settings
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT,
      settings.SECURE_HSTS_SECONDS, settings.DEBUG, settings.EMAIL_HOST,
      settings.CACHES["default"]["BACKEND"].rpartition(".")[2])
"""


@pytest.mark.slow
def test_the_deployment_check_has_nothing_to_say(tmp_path):
    checked = python(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "DEBUG", **PRODUCTION)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == "System check identified no issues (1 silenced).\n"


@pytest.mark.slow
def test_https_protects_cookies_and_comes_from_one_variable(tmp_path):
    shown = python(tmp_path, "-c", SHOW, **PRODUCTION)

    assert shown.stdout.split() == [
        "True", "True", "True", "31536000", "False", "mail.example.org", "FileBasedCache",
    ]  # fmt: skip


@pytest.mark.slow
def test_without_https_everything_works_on_a_plain_port(tmp_path):
    without = {
        name: value for name, value in PRODUCTION.items() if name not in ("COURSES_HTTPS", "CACHE_URL")
    }

    shown = python(tmp_path, "-c", SHOW, **without)

    assert shown.stdout.split()[:4] == ["False", "False", "False", "0"]
    assert shown.stdout.split()[-1] == "DatabaseCache"


SHOW_ORIGINS = """
import django; django.setup()
from django.conf import settings
from config.asgi import application
print(type(application).__name__, settings.CSRF_TRUSTED_ORIGINS, settings.SESSION_COOKIE_SAMESITE,
      "config.cross_origin.ListedOriginMiddleware" in settings.MIDDLEWARE, sep="|")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "Server|['https://courses.example.org']|Lax|False"),
        ({"COURSES_CORS_ORIGINS": "*"}, "CrossOrigin|['https://courses.example.org']|Lax|False"),
        (
            {"COURSES_CORS_ORIGINS": "https://app.example", "COURSES_SESSION_SAMESITE": "None"},
            "CrossOrigin|['https://courses.example.org', 'https://app.example']|None|True",
        ),
    ],
)
def test_other_origins_are_let_in_by_one_variable_and_cost_nothing_without(tmp_path, variables, expected):
    shown = python(tmp_path, "-c", SHOW_ORIGINS, **PRODUCTION | variables)

    assert shown.stdout == f"{expected}\n", shown.stderr


@pytest.mark.slow
def test_mails_link_to_the_front_end_of_the_deployment(tmp_path):
    show = 'from django.conf import settings; print(settings.HEADLESS_FRONTEND_URLS["account_confirm_email"])'

    shown = python(tmp_path, "-c", show, COURSES_FRONTEND_URL="https://learn.example.org", **PRODUCTION)

    assert shown.stdout == "https://learn.example.org/verify-email/{key}\n"


@pytest.mark.slow
def test_the_bare_address_leads_to_the_front_end_of_the_deployment(tmp_path):
    show = """
import django; django.setup()
from django.urls import resolve
print(resolve("/").func.view_initkwargs["url"])
"""
    shown = python(tmp_path, "-c", show, COURSES_FRONTEND_URL="https://learn.example.org", **PRODUCTION)

    assert shown.stdout == "https://learn.example.org\n"


@pytest.mark.slow
def test_the_site_has_the_name_of_the_deployment(tmp_path):
    show = """
import django; django.setup()
import config.urls
from django.conf import settings
from django.contrib import admin
print(settings.SITE_NAME, admin.site.site_header, admin.site.site_title, settings.ACCOUNT_EMAIL_SUBJECT_PREFIX, sep="|")
"""
    named = python(tmp_path, "-c", show, COURSES_SITE_NAME="Night School", **PRODUCTION)
    unnamed = python(tmp_path, "-c", show, **PRODUCTION)

    assert named.stdout == "Night School|Night School administration|Night School|[Night School] \n"
    assert unnamed.stdout == "Courses|Courses administration|Courses|[Courses] \n"


def test_a_kept_secret_is_made_once_and_is_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "secret"

    assert kept_secret(path, lambda: "first") == kept_secret(path, lambda: "second") == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


@pytest.mark.slow
def test_processes_that_start_at_once_agree_on_one_secret(tmp_path):
    seen = []

    raised = at_once(lambda number: seen.append(kept_secret(tmp_path / "secret", lambda: str(number))))

    assert raised == []
    assert len(set(seen)) == 1
    assert seen[0]


@pytest.mark.parametrize("bits", [2048])
def test_the_signing_key_is_an_rsa_key(bits):
    key = serialization.load_pem_private_key(new_signing_key().encode(), password=None)

    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == bits
