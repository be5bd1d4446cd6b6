"""Rules in statements that are written out."""

import pytest
from django.db.models import Q

from courses.models import AssessmentAttempt, Course, Enrollment
from courses.policies.grading import FULLY_GRADED
from courses.policies.participation import TAKES
from courses.utils.sql import fetch, in_sql
from tests import factories


def test_the_row_has_the_name_that_the_statement_gives_it() -> None:
    assert in_sql(TAKES, learner=Enrollment) == """NOT (learner."status" = 'withdrawn')"""


def test_a_flag_is_a_column_that_the_statement_makes() -> None:
    rule = in_sql(Q(is_completed=True, results_visible=True), ["results_visible"], done=AssessmentAttempt)
    assert rule == """(done."is_completed" AND (done."results_visible"))"""


@pytest.mark.django_db
def test_what_a_rule_looks_up_elsewhere_belongs_to_the_row() -> None:
    assessment = factories.make_assessment(max_attempts=3)
    attempts = [factories.make_attempt(factories.make_user(), assessment) for _ in range(3)]
    factories.answer(attempts[0], factories.essay(assessment), {"text": "Long."})
    for attempt in attempts[:2]:
        attempt.complete()
    rule = in_sql(FULLY_GRADED, done=AssessmentAttempt)
    rows = fetch(f"SELECT done.id FROM courses_assessmentattempt AS done WHERE {rule}")
    assert [row.id for row in rows] == [attempts[1].pk]


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["It's 100 % tea", "%(title)s", "\\n"])
def test_a_value_is_taken_literally(title: str) -> None:
    course = factories.make_course(title=title)
    factories.make_course()
    rows = fetch(f"SELECT id FROM courses_course AS one WHERE {in_sql(Q(title=title), one=Course)}")
    assert [row.id for row in rows] == [course.pk]
