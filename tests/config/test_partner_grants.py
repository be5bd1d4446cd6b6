"""Codes and refresh tokens work once. Used again, they end all that descends from the same consent."""

from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.utils import timezone

from courses.models import GrantedSecret, PartnerGrant, User
from tests.concurrency import at_once, one_after_the_other
from tests.config.conftest import PASSWORD, Browser, ask
from tests.config.oauth import VIEWER, make_partner, token_endpoint
from tests.config.test_partner_consent import exchange, in_callback, let_in
from tests.factories import make_course, make_learner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


@pytest.fixture
def ada(browser: Browser) -> User:
    person = make_learner(make_course(), username="ada", password=PASSWORD)
    browser.sign_in("ada")
    make_partner(scopes=("openid", "courses:read", "attempts:read"))
    return person


def new_code(browser: Browser) -> str:
    return in_callback(let_in(browser, "courses:read"), "code")


def renew(tokens: dict[str, Any]):
    return token_endpoint(grant_type="refresh_token", refresh_token=tokens["refresh_token"])


def works(tokens: dict[str, Any]) -> bool:
    return ask(VIEWER, token=tokens["access_token"]).status_code == 200


def refused(response) -> bool:
    return (response.status_code, response.json()["error"]) == (400, "invalid_grant")


def test_a_refresh_token_that_is_used_again_ends_its_family(browser, ada):
    first = exchange(new_code(browser)).json()
    second = renew(first).json()
    third = renew(second).json()
    assert works(first)
    assert works(third)

    assert refused(renew(first))

    assert [works(tokens) for tokens in (first, second, third)] == [False, False, False]
    assert refused(renew(third))
    assert not Token.objects.exists()
    assert PartnerGrant.objects.get().ended_at is not None


def test_other_consents_of_the_same_person_go_on(browser, ada):
    one, other = exchange(new_code(browser)).json(), exchange(new_code(browser)).json()
    renew(one)

    assert refused(renew(one))

    assert works(other)
    assert renew(other).status_code == 200


def test_a_code_that_is_used_again_ends_its_family(browser, ada):
    code = new_code(browser)
    tokens = exchange(code).json()
    assert works(tokens)

    assert refused(exchange(code))

    assert not works(tokens)
    assert refused(renew(tokens))


def test_a_wrong_verifier_uses_no_code_up(browser, ada):
    code = new_code(browser)

    assert refused(exchange(code, verifier="w" * 64))
    assert works(exchange(code).json())


def test_a_refresh_token_that_expired_ends_nothing(browser, ada):
    tokens = exchange(new_code(browser)).json()
    Token.objects.filter(type=Token.Type.REFRESH_TOKEN).update(expires_at=timezone.now() - timedelta(days=1))

    assert refused(renew(tokens))
    assert works(tokens)


def test_an_access_token_shown_as_a_refresh_token_ends_nothing(browser, ada):
    tokens = exchange(new_code(browser)).json()

    assert refused(token_endpoint(grant_type="refresh_token", refresh_token=tokens["access_token"]))
    assert works(tokens)


def test_a_refresh_token_from_before_grants_were_remembered_is_remembered_when_it_is_used(browser, ada):
    old = exchange(new_code(browser)).json()
    PartnerGrant.objects.all().delete()

    new = renew(old).json()
    assert works(new)
    assert refused(renew(old))

    assert not works(new)


def test_only_digests_are_remembered(browser, ada):
    code = new_code(browser)
    tokens = exchange(code).json()

    digests = set(GrantedSecret.objects.values_list("digest", flat=True))
    assert len(digests) == 3
    assert digests.isdisjoint({code, tokens["access_token"], tokens["refresh_token"]})


@pytest.fixture
def both_at_once(monkeypatch):
    """Have two requests come as far as looking for their code or refresh token before either is answered."""
    both, validate_code = Barrier(2, timeout=30), OAuthLibRequestValidator.validate_code

    def validate_at_once(*args, **kwargs):
        is_valid = validate_code(*args, **kwargs)
        both.wait()
        return is_valid

    monkeypatch.setattr(OAuthLibRequestValidator, "validate_code", validate_at_once)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_one_code_at_one_moment_neither_keeps_access(browser, ada, both_at_once):
    code, answers = new_code(browser), []

    raised = at_once(lambda _: answers.append(exchange(code)), 2)

    cache.clear()
    assert raised == []
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert not Token.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_one_refresh_token_at_one_moment_neither_keeps_access(browser, ada, settings):
    settings.IDP_OIDC_RATE_LIMITS = {"token": ""}  # counting tries takes locks of its own
    tokens, answers = exchange(new_code(browser)).json(), []

    one_after_the_other(lambda: answers.append(renew(tokens)), lambda: answers.append(renew(tokens)))

    cache.clear()
    assert [answer.status_code for answer in answers] == [200, 400]
    assert not Token.objects.exists()
