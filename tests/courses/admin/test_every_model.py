"""What holds for the admin of every model: it is there, it can be searched, and its list asks no row by row."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses import models
from tests import factories
from tests.courses.admin.rows import MAKERS

pytestmark = pytest.mark.django_db

EVERY_MODEL = sorted(MAKERS, key=lambda model: model.__name__)
NAMES = [model.__name__ for model in EVERY_MODEL]


@pytest.fixture
def superuser(client):
    superuser = factories.make_user(is_staff=True, is_superuser=True)
    client.force_login(superuser)
    return superuser


def address(model, page: str, *args) -> str:
    return reverse(f"admin:courses_{model._meta.model_name}_{page}", args=args)


def test_every_model_is_registered():
    registered = {model for model in admin.site._registry if model._meta.app_label == "courses"}
    own = {model for model in apps.get_app_config("courses").get_models() if not model._meta.auto_created}
    assert registered == own == set(MAKERS)


@pytest.mark.parametrize("model", EVERY_MODEL, ids=NAMES)
def test_every_list_can_be_searched_and_filtered(model):
    page = admin.site._registry[model]
    assert page.search_fields
    assert page.list_filter


@pytest.mark.parametrize("model", EVERY_MODEL, ids=NAMES)
def test_a_list_costs_the_same_number_of_statements_for_1_and_for_20_rows(model, client, superuser):
    counted = []
    for more in (1, 19):
        for _ in range(more):
            MAKERS[model]()
        with CaptureQueriesContext(connection) as statements:
            response = client.get(address(model, "changelist"), {"q": ""})
        assert response.status_code == 200
        counted.append(len(statements))
    assert len(response.context["cl"].result_list) >= 20
    assert counted[0] == counted[1]


@pytest.mark.parametrize("model", EVERY_MODEL, ids=NAMES)
def test_a_search_and_the_page_of_a_row_answer(model, client, superuser):
    row = MAKERS[model]()
    assert client.get(address(model, "changelist"), {"q": "tea 1"}).status_code == 200
    assert client.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", EVERY_MODEL, ids=NAMES)
def test_people_who_are_not_staff_see_no_page(model, client):
    row = MAKERS[model]()
    client.force_login(factories.make_user())
    for page in (address(model, "changelist"), address(model, "change", row.pk)):
        response = client.get(page)
        assert (response.status_code, response.headers["Location"].startswith("/admin/login/")) == (302, True)


@pytest.mark.parametrize(
    "model",
    [
        models.AssessmentAttempt,
        models.AttemptAnswer,
        models.GradeChange,
        models.QuestionVersion,
        models.UserActivity,
        models.CourseStats,
        models.Enrollment,
    ],
)
def test_what_is_recorded_can_be_read_and_not_written(model, client, superuser):
    row = MAKERS[model]()
    before = model.objects.values().get(pk=row.pk)
    assert client.post(address(model, "change", row.pk), {"score": 99}).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.get(address(model, "add")).status_code == 403
    assert model.objects.values().get(pk=row.pk) == before


def test_a_private_note_is_its_owners_alone(client, superuser):
    private = factories.make_note(factories.make_user(), factories.make_lesson(), content="My secret.")
    assert "My secret." not in client.get(address(models.Note, "changelist")).text
    assert client.get(address(models.Note, "change", private.pk)).status_code == 302


def test_the_digest_of_a_token_is_not_shown(client, superuser):
    token = factories.make_access_token(factories.make_user(), "cat_something")
    assert token.digest not in client.get(address(models.AccessToken, "change", token.pk)).text


def test_moderators_see_people_but_change_no_account_and_see_no_token(client):
    client.force_login(factories.make_staff())
    person = factories.make_user()
    token = factories.make_access_token(person, "cat_something")
    page = address(models.User, "change", person.pk)
    assert client.get(page).status_code == 200
    assert client.post(page, {"is_superuser": "on"}).status_code == 403
    assert client.get(address(models.AccessToken, "change", token.pk)).status_code == 403
    person.refresh_from_db()
    assert not person.is_superuser


def test_a_revoked_token_stops_working_at_once(client, superuser):
    token = factories.make_access_token(factories.make_user(), "cat_something")
    client.post(address(models.AccessToken, "changelist"), {"action": "revoke", "_selected_action": token.pk})
    token.refresh_from_db()
    assert token.revoked_at is not None
