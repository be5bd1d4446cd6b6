"""Who is asking: access tokens, session cookies, and requests that somebody else's page has sent."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import AccessToken
from courses.services.token_authentication import digest_of
from tests.factories import make_user

SECRET = "cat_0123456789abcdef0123456789abcdef"
VIEWER = "{ viewerName }"

pytestmark = pytest.mark.django_db


def make_token(**fields) -> AccessToken:
    fields.setdefault("user", make_user(username="ada"))
    return AccessToken.objects.create(
        **{"name": "script", "prefix": "cat_0123", "digest": digest_of(SECRET), "scopes": []} | fields
    )


def session_of(user) -> str:
    """The key of a session in which `user` has signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def bearer(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def with_session(key: str, **headers: str) -> dict[str, str]:
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"} | headers


def test_nobody_is_asking_without_credentials_and_that_costs_no_statement(post):
    with CaptureQueriesContext(connection) as queries:
        response = post(VIEWER)

    assert response.json()["data"] == {"viewerName": None}
    assert len(queries) == 0


def test_a_token_names_its_person(post):
    make_token()

    assert post(VIEWER, headers=bearer()).json()["data"] == {"viewerName": "ada"}


BAD_TOKENS = {
    "unknown": {"digest": digest_of("cat_another")},
    "revoked": {"revoked_at": timezone.now()},
    "expired": {"expires_at": timezone.now() - timedelta(seconds=1)},
}


@pytest.mark.parametrize("fields", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_token_that_may_not_be_used_is_401_and_never_nobody(post, fields):
    make_token(**fields)

    response = post(VIEWER, headers=bearer())

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="courses", error="invalid_token"'
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in response.json()


def test_the_token_of_a_person_who_was_deactivated_is_401(post):
    make_token(user=make_user(is_active=False))

    assert post(VIEWER, headers=bearer()).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer cat_short", "Basic YTpi", "Bearer cat_%00" + "a" * 40, SECRET],
)
def test_an_authorization_header_that_is_no_token_is_401(post, authorization):
    make_token()

    assert post(VIEWER, headers={"Authorization": authorization}).status_code == 401


def test_a_bad_token_is_401_even_with_a_good_session(post):
    session = session_of(make_user())

    assert post(VIEWER, headers=with_session(session) | bearer()).status_code == 401


def test_the_use_of_a_token_is_noted_once_a_minute(post):
    token = make_token()

    post(VIEWER, headers=bearer())
    token.refresh_from_db()
    first_use = token.last_used_at
    post(VIEWER, headers=bearer())
    token.refresh_from_db()

    assert token.last_used_at == first_use
    assert first_use is not None
    AccessToken.objects.update(last_used_at=first_use - timedelta(seconds=61))
    post(VIEWER, headers=bearer())
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at > first_use - timedelta(seconds=61)


def test_a_session_names_its_person(post):
    session = session_of(make_user(username="grace"))

    response = post(VIEWER, headers=with_session(session, **{"GraphQL-Preflight": "1"}))

    assert response.json()["data"] == {"viewerName": "grace"}
    assert "set-cookie" not in response.headers


def test_a_session_that_is_not_there_is_nobody_and_its_cookie_is_removed(post):
    response = post(VIEWER, headers=with_session("gone" * 8))

    assert response.json()["data"] == {"viewerName": None}
    assert 'sessionid="";' in response.headers["set-cookie"]


def test_a_session_ends_when_the_password_changes(post):
    user = make_user()
    session = session_of(user)
    user.set_password("another one")
    user.save()

    response = post(VIEWER, headers=with_session(session, **{"GraphQL-Preflight": "1"}))

    assert response.json()["data"] == {"viewerName": None}
    assert not SessionStore().exists(session)


def test_a_session_of_the_previous_secret_key_gets_a_new_key_that_is_sent_back(post, settings):
    user = make_user(username="grace", password="unchanged")
    session = session_of(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next secret key"

    response = post(VIEWER, headers=with_session(session, **{"GraphQL-Preflight": "1"}))

    new_key = response.cookies[settings.SESSION_COOKIE_NAME]
    assert response.json()["data"] == {"viewerName": "grace"}
    assert new_key != session
    assert not SessionStore().exists(session)
    assert SessionStore(new_key)["_auth_user_id"] == str(user.pk)
    settings.SECRET_KEY_FALLBACKS = []
    afterwards = post(VIEWER, headers=with_session(new_key, **{"GraphQL-Preflight": "1"}))
    assert afterwards.json()["data"] == {"viewerName": "grace"}
    assert "httponly" in response.headers["set-cookie"].lower()


def test_a_post_with_a_cookie_alone_is_refused(post):
    session = session_of(make_user())

    response = post("mutation { change }", headers=with_session(session))

    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("header", ["GraphQL-Preflight", "Apollo-Require-Preflight", "X-Requested-With"])
def test_a_header_that_other_sites_cannot_send_shows_that_the_post_is_meant(post, header):
    session = session_of(make_user())

    assert post("mutation { change }", headers=with_session(session, **{header: "1"})).status_code == 200


def test_djangos_csrf_token_shows_it_too_and_a_wrong_one_does_not(post):
    token = "a" * 32
    cookies = f"{settings.SESSION_COOKIE_NAME}={session_of(make_user())}; csrftoken={token}"

    good = post("mutation { change }", headers={"Cookie": cookies, "X-CSRFToken": token})
    bad = post("mutation { change }", headers={"Cookie": cookies, "X-CSRFToken": "b" * 32})

    assert (good.status_code, bad.status_code) == (200, 403)


def test_a_query_by_get_needs_no_such_header(send):
    session = session_of(make_user(username="grace"))

    response = send("GET", params={"query": VIEWER}, headers=with_session(session))

    assert response.json()["data"] == {"viewerName": "grace"}


def test_a_bearer_token_needs_no_such_header(post):
    make_token()

    assert post("mutation { change }", headers=bearer()).status_code == 200
