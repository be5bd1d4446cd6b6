"""Facts of events for their renderings, as one viewer may see them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from courses.constants import EventType
from courses.models import AttemptAnswer, Event
from courses.policies.participation import Viewer
from courses.rules import global_ids
from courses.rules.credit import counted_points
from courses.rules.renderings import RENDERED
from courses.rules.renderings.facts import Answered, Facts, Outcome, Titled
from courses.rules.renderings.responses import in_words
from courses.selectors.attempts import (
    VisibleAttempt,
    VisibleQuestion,
    attempts_visible_to,
    laid_out_questions,
    shows_score,
)
from courses.selectors.events import subject_type


def native_body(event: Event) -> dict[str, Any]:
    """Return the event itself as JSON, with the ids of the API, for whoever may see it: it holds no more than that."""
    return {
        "type": event.type,
        "timestamp": event.occurred_at,
        "data": {
            "id": global_ids.encode("Event", event.pk),
            "subjectId": global_ids.encode(subject_type(event.type), event.subject_id),
            "courseId": global_ids.encode("Course", event.course_id),
            "learnerId": None if event.learner_id is None else global_ids.encode("User", event.learner_id),
            "revision": event.revision,
        },
    }


def facts_of_events(viewer: Viewer, events: Collection[Event]) -> Mapping[int, Facts]:
    """Return the facts of events, by the events' ids: three statements at most for any number of them, and one or two
    for attempts of before there were versions of questions.

    Left out is what nothing is rendered for, and what the viewer may not see. The attempt is as it is now.
    """
    rendered = [event for event in events if event.type in RENDERED]
    if not rendered:
        return {}
    attempts = (
        attempts_visible_to(viewer)
        .select_related("assessment__lesson__course")
        .in_bulk({event.subject_id for event in rendered})
    )
    handed_in = {event.subject_id for event in rendered if event.type == EventType.ATTEMPT_COMPLETED}
    asked = laid_out_questions([attempt for pk, attempt in attempts.items() if pk in handed_in])
    answered = {attempt.pk: tuple(_answered(questions)) for attempt, questions in asked.items()}
    return {
        event.pk: _facts(event, attempt, answered.get(attempt.pk, ()))
        for event in rendered
        if (attempt := attempts.get(event.subject_id)) is not None
    }


def _facts(event: Event, attempt: VisibleAttempt, answered: tuple[Answered, ...]) -> Facts:
    assessment, course = attempt.assessment, attempt.assessment.lesson.course
    return Facts(
        address=settings.PUBLIC_URL,
        event=str(event.pk),
        type=EventType(event.type),
        occurred_at=event.occurred_at,
        learner=global_ids.encode("User", attempt.user_id),
        course=Titled(global_ids.encode("Course", course.pk), course.title),
        assessment=Titled(global_ids.encode("Assessment", assessment.pk), assessment.title),
        attempt=global_ids.encode("AssessmentAttempt", attempt.pk),
        attempt_number=attempt.attempt_number,
        revision=attempt.revision,
        started_at=attempt.start_time,
        ended_at=attempt.end_time,
        waits_for_a_person=attempt.waits_for_a_person,
        outcome=_outcome(attempt),
        answered=answered if event.type == EventType.ATTEMPT_COMPLETED else (),
    )


def _outcome(attempt: VisibleAttempt) -> Outcome | None:
    if not shows_score(attempt):
        return None
    return Outcome(Decimal(attempt.counted_score), attempt.max_score, attempt.is_passed)


def _answered(questions: Iterable[VisibleQuestion]) -> Iterator[Answered]:
    """Yield the questions with a response that is not blank, and of which something is left."""
    for laid_out in questions:
        row = laid_out.answered
        if row is None or row.response is None or not laid_out.is_answered:
            continue
        said = in_words(laid_out.asked, laid_out.entry, row.response)
        if said.texts or said.pairs:
            yield Answered(
                question=global_ids.encode("Question", laid_out.question_id),
                version=laid_out.asked.number,
                text=laid_out.asked.content.text,
                said=said,
                answered_at=row.answered_at,
                outcome=_outcome_of(laid_out, row),
            )


def _outcome_of(laid_out: VisibleQuestion, row: AttemptAnswer) -> Outcome | None:
    if not laid_out.attempt.results_visible or row.credit is None:
        return None
    points = counted_points(row.exact_points, laid_out.points, row.credit)
    return Outcome(points, laid_out.points, row.is_correct)
