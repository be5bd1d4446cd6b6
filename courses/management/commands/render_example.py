"""`manage.py render_example [--format FORMAT]`: print what an event is told as by each standard."""

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from courses.constants import EventType
from courses.management.data_directory import add_data_directory_argument
from courses.management.sample_facts import SAMPLE
from courses.models import AssessmentAttempt, Event, User
from courses.rules.renderings import Standard, render
from courses.rules.renderings.facts import Facts
from courses.selectors.rendered_facts import facts_of_events, native_body
from courses.utils.clock import database_now

NATIVE = "native"
FORMATS = (NATIVE, *Standard)


class Command(BaseCommand):
    help = (
        "Print, as JSON, how the end of the newest attempt is told by each standard, or by one of them. Where no "
        "attempt has ended yet, a sample is told."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=[str(name) for name in FORMATS], help="only this one")
        add_data_directory_argument(parser)

    def handle(self, *, format: str | None, **_: Any) -> str:
        event, facts = _newest() or _sample()
        told: dict[str, Any] = {NATIVE: native_body(event)}
        for standard in Standard:
            told[standard.value] = render(facts, standard, sent_at=database_now())
        return orjson.dumps(told if format is None else told[format], option=orjson.OPT_INDENT_2).decode()


def _newest() -> tuple[Event, Facts] | None:
    """Return the end of the newest attempt as staff of the platform see it, whose event need not be kept any more."""
    attempt = AssessmentAttempt.objects.filter(is_completed=True).order_by("-end_time", "-pk").first()
    if attempt is None or attempt.end_time is None:
        return None
    event = Event(
        pk=1,
        type=EventType.ATTEMPT_COMPLETED,
        occurred_at=attempt.end_time,
        subject_id=attempt.pk,
        course_id=attempt.assessment.lesson.course_id,
        learner_id=attempt.user_id,
        revision=attempt.revision,
    )
    return event, facts_of_events(User(is_staff=True), [event])[event.pk]


def _sample() -> tuple[Event, Facts]:
    event = Event(
        pk=int(SAMPLE.event),
        type=SAMPLE.type,
        occurred_at=SAMPLE.occurred_at,
        subject_id=1,
        course_id=1,
        learner_id=1,
        revision=SAMPLE.revision,
    )
    return event, SAMPLE
