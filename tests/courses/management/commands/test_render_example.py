"""`manage.py render_example`: the newest attempt that has ended, or a sample."""

from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command

from courses.rules import global_ids
from tests import factories
from tests.courses.rules.renderings.ags_rules import check_score
from tests.courses.rules.renderings.caliper_rules import check_envelope
from tests.courses.rules.renderings.xapi_rules import check_statements


def printed(*arguments: str) -> Any:
    out = StringIO()
    call_command("render_example", *arguments, stdout=out)
    return orjson.loads(out.getvalue())


def test_each_format_is_told_of_the_newest_attempt_that_has_ended(db: None) -> None:
    assessment = factories.make_assessment(show_results=False)
    factories.single_choice(assessment)
    learner = factories.make_learner(assessment.lesson.course)
    factories.make_completed_attempt(learner, assessment)
    newest = factories.make_completed_attempt(learner, assessment)
    factories.make_attempt(factories.make_user(), assessment)

    told = printed()

    assert list(told) == ["native", "xapi", "caliper", "ags"]
    assert told["native"]["data"]["subjectId"] == global_ids.encode("AssessmentAttempt", newest.pk)
    check_statements(told["xapi"])
    assert [each["verb"]["display"]["en"] for each in told["xapi"]] == ["answered", "completed", "passed"]
    check_envelope(told["caliper"])
    check_score(told["ags"])
    assert told["ags"]["gradingProgress"] == "FullyGraded"


@pytest.mark.parametrize("name", ["native", "xapi", "caliper", "ags"])
def test_a_sample_is_told_where_no_attempt_has_ended(db: None, name: str) -> None:
    told, alone = printed(), printed("--format", name)

    if name == "caliper":
        assert alone.pop("sendTime") >= told["caliper"].pop("sendTime")
    assert alone == told[name]
    assert "VXNlcjox" in orjson.dumps(alone).decode()


def test_another_format_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="scorm"):
        printed("--format", "scorm")
