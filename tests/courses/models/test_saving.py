"""Saving is one transaction; a failure of the database is logged once, a refusal never."""

import logging

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from courses import exceptions
from courses.models import Question
from courses.utils.model_helpers import saving
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_refusal_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    attempt = factories.make_attempt(factories.make_user(), factories.make_assessment())
    with pytest.raises(exceptions.Conflict):
        factories.make_attempt(attempt.user, attempt.assessment)
    assert caplog.records == []


def test_what_the_database_refuses_is_logged_once_with_the_model(caplog: pytest.LogCaptureFixture) -> None:
    question = factories.make_question(factories.make_assessment())
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.create(assessment=question.assessment, order=question.order)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("The database refused to save Question: ")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OperationalError("gone"), "The database could not work while Question was saved: gone"),
        (DatabaseError("no"), "The database refused to save Question: no"),
    ],
)
def test_nested_saving_logs_the_narrowest_kind_once(
    caplog: pytest.LogCaptureFixture, error: DatabaseError, message: str
) -> None:
    question = Question()
    with pytest.raises(type(error)), saving(question), saving(question):
        raise error
    assert [record.getMessage() for record in caplog.records] == [message]


def test_a_failed_save_leaves_nothing_behind() -> None:
    user = factories.make_user()

    def save_and_be_refused() -> None:
        with saving(user):
            type(user).objects.filter(pk=user.pk).update(display_name="Changed")
            raise exceptions.Invalid()

    with pytest.raises(exceptions.Invalid):
        save_and_be_refused()
    user.refresh_from_db()
    assert user.display_name == ""
