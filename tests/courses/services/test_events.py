"""The event feed: which writes record which events, and how they are moved."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from courses import exceptions
from courses.constants import EnrollmentAction, EventType, QuestionType, RegradePolicy
from courses.models import Answer, Assessment, AssessmentAttempt, Course, Event, PendingEvent, User
from courses.services import (
    accommodations,
    assessment_authoring,
    attempt_interventions,
    attempts,
    course_authoring,
    course_removal,
    enrollment,
    erasure,
    grading,
    instructors,
    moderation,
    progress,
    question_authoring,
    question_editing,
    regrading,
    reviews,
)
from courses.services.attempt_endings import close_expired_attempts
from courses.services.events import BATCH, Subject, move_events, record, settle
from courses.services.expired_rows import clear_expired
from tests import factories
from tests.statements import strings_sent
from tests.taking import given, let_time_run_out, six_types

pytestmark = pytest.mark.django_db

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

Recorded = list[tuple[str, int, int | None, int | None]]


@pytest.fixture
def instructor() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    course = factories.make_course(instructors=(instructor,))
    return six_types(lesson=factories.make_lesson(course=course), max_attempts=3, time_limit=30)


@pytest.fixture
def course(assessment: Assessment) -> Course:
    return assessment.lesson.course


@pytest.fixture
def learner(course: Course) -> User:
    return factories.make_learner(course)


def _recorded() -> Recorded:
    """Events in the outbox, which is emptied: type, subject, learner and revision."""
    rows = PendingEvent.objects.order_by("pk")
    found = list(rows.values_list("type", "subject_id", "learner_id", "revision"))
    rows.delete()
    return found


def _start(learner: User, assessment: Assessment) -> AssessmentAttempt:
    return attempts.start_attempt(learner=learner, assessment_id=assessment.pk).attempt


def _save(attempt: AssessmentAttempt, *texts: str) -> AssessmentAttempt:
    question = attempt.assessment.questions.get(question_text="Several?")
    response = given(attempt, question, *texts)
    return attempts.submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=[response])


# ---------------------------------------------------------------- attempts


def test_the_life_of_an_attempt(learner: User, assessment: Assessment, course: Course) -> None:
    attempt = _start(learner, assessment)
    assert set(PendingEvent.objects.values_list("course_id", flat=True)) == {course.pk}
    assert _recorded() == [("attempt.started", attempt.pk, learner.pk, 0)]
    assert _start(learner, assessment) == attempt
    assert _recorded() == []
    _save(attempt, "two")
    assert set(PendingEvent.objects.values_list("course_id", flat=True)) == {course.pk}
    assert _recorded() == [("attempt.saved", attempt.pk, learner.pk, 1)]
    _save(attempt, "two")
    assert _recorded() == []
    attempts.flag_question(
        learner=learner,
        attempt_id=attempt.pk,
        question_id=assessment.get_questions()[0].pk,
        is_flagged=True,
    )
    assert _recorded() == []
    attempts.complete_attempt(learner=learner, attempt_id=attempt.pk)
    assert _recorded() == [("attempt.completed", attempt.pk, learner.pk, 1)]
    attempts.complete_attempt(learner=learner, attempt_id=attempt.pk)
    with pytest.raises(exceptions.AttemptClosed):
        _save(attempt, "three")
    assert _recorded() == []


def test_handing_in_with_responses_saves_and_completes(learner: User, assessment: Assessment) -> None:
    attempt = _start(learner, assessment)
    _recorded()
    response = given(attempt, assessment.questions.get(question_text="Short?"), "mitosis")
    attempts.complete_attempt(learner=learner, attempt_id=attempt.pk, responses=[response])
    assert _recorded() == [
        ("attempt.saved", attempt.pk, learner.pk, 1),
        ("attempt.completed", attempt.pk, learner.pk, 1),
    ]


def test_the_timer_and_the_staff_complete_attempts(
    learner: User, instructor: User, assessment: Assessment
) -> None:
    overdue = _start(learner, assessment)
    let_time_run_out(overdue)
    _recorded()
    close_expired_attempts()
    assert _recorded() == [("attempt.completed", overdue.pk, learner.pk, 0)]
    closed = _start(learner, assessment)
    _recorded()
    attempt_interventions.close_attempt(author=instructor, attempt_id=closed.pk)
    assert _recorded() == [("attempt.completed", closed.pk, learner.pk, 0)]


def test_more_time_is_told_whether_given_to_an_attempt_or_granted(
    learner: User, instructor: User, assessment: Assessment, course: Course
) -> None:
    attempt = _start(learner, assessment)
    _recorded()
    attempt_interventions.extend_attempt(author=instructor, attempt_id=attempt.pk, minutes=5)
    assert set(PendingEvent.objects.values_list("course_id", flat=True)) == {course.pk}
    assert _recorded() == [("attempt.extended", attempt.pk, learner.pk, 0)]
    accommodations.grant_accommodation(
        author=instructor,
        learner_ids=[learner.pk],
        course_id=course.pk,
        extra_minutes=60,
        apply_to_open_attempts=True,
    )
    assert set(PendingEvent.objects.values_list("course_id", flat=True)) == {course.pk}
    assert _recorded() == [("attempt.extended", attempt.pk, learner.pk, 0)]


def test_grades_and_changed_grades(learner: User, instructor: User, assessment: Assessment) -> None:
    attempt = _start(learner, assessment)
    _save(attempt, "two")
    essay = given(attempt, assessment.questions.get(question_text="Essay?"), "Thoughts.")
    attempts.complete_attempt(learner=learner, attempt_id=attempt.pk, responses=[essay])
    _recorded()
    task = attempt.answers.get(question=essay.question_id)
    grading.grade_answer(grader=instructor, task_id=task.pk, points=2)
    assert _recorded() == [("attempt.graded", attempt.pk, learner.pk, 2)]
    with pytest.raises(exceptions.Invalid):
        grading.grade_answer(grader=instructor, task_id=task.pk, points=99)
    same: dict[str, Any] = {
        "grader": instructor,
        "assessment_id": assessment.pk,
        "policy": RegradePolicy.EXACT,
    }
    regrading.apply_regrade(**same)
    assert _recorded() == []
    Answer.objects.filter(question__question_text="Several?", answer_text="two").update(is_correct=False)
    regrading.preview_regrade(**same)
    assert _recorded() == []
    regrading.apply_regrade(**same)
    assert set(PendingEvent.objects.values_list("course_id", flat=True)) == {assessment.lesson.course_id}
    assert _recorded() == [("attempt.regraded", attempt.pk, learner.pk, 2)]


# ---------------------------------------------------------------- courses and people


def test_enrolments_by_learners(course: Course) -> None:
    person = factories.make_user()
    own: dict[str, Any] = {"learner": person, "course_id": course.pk}
    enrolled = enrollment.enroll(**own)
    changed: Recorded = [("enrollment.changed", enrolled.pk, person.pk, None)]
    assert _recorded() == changed
    enrollment.enroll(**own)
    assert _recorded() == []
    enrollment.withdraw(**own)
    assert _recorded() == changed
    enrollment.withdraw(**own)
    assert _recorded() == []
    enrollment.enroll(**own)
    assert _recorded() == changed


def test_enrolments_by_staff_are_told_of_those_that_change(course: Course, instructor: User) -> None:
    there, new = factories.make_learner(course), factories.make_user()
    enrollment.update_enrollments(
        author=instructor,
        course_id=course.pk,
        action=EnrollmentAction.ENROLL,
        usernames=[there.username, new.username, "nobody"],
    )
    assert [event[2] for event in _recorded()] == [new.pk]
    enrollment.update_enrollments(
        author=instructor,
        course_id=course.pk,
        action=EnrollmentAction.WITHDRAW,
        usernames=[there.username, new.username],
    )
    assert [event[:3:2] for event in _recorded()] == [
        ("enrollment.changed", there.pk),
        ("enrollment.changed", new.pk),
    ]


def test_lessons_that_are_completed_and_the_course_with_the_last(course: Course, learner: User) -> None:
    enrolled = learner.enrollments.get()
    lesson = course.lessons.get()
    progress.complete_lesson(learner=learner, lesson_id=lesson.pk)
    assert _recorded() == [
        ("lesson.completed", lesson.pk, learner.pk, None),
        ("enrollment.changed", enrolled.pk, learner.pk, None),
    ]
    progress.complete_lesson(learner=learner, lesson_id=lesson.pk)
    assert _recorded() == []


def test_who_has_no_lesson_left_completes_the_course(course: Course, learner: User, instructor: User) -> None:
    lesson = factories.make_lesson(course=course)
    progress.complete_lesson(learner=learner, lesson_id=course.lessons.get(order=1).pk)
    _recorded()
    course_removal.delete_lesson(author=instructor, lesson_id=lesson.pk)
    assert _recorded() == [
        ("enrollment.changed", learner.enrollments.get().pk, learner.pk, None),
        ("course.changed", course.pk, None, None),
    ]


def _course_writes() -> Iterator[Any]:
    def new_course(author: User, _: Course) -> Course:
        author.is_staff = True
        return course_authoring.create_course(author=author, title="New", slug="new")

    yield pytest.param(new_course, id="create")
    yield pytest.param(
        lambda a, c: course_authoring.update_course(author=a, course_id=c.pk, title="T"), id="update"
    )
    yield pytest.param(
        lambda a, c: course_authoring.create_lesson(author=a, course_id=c.pk, title="L").course, id="lesson"
    )
    yield pytest.param(
        lambda a, c: course_authoring.update_lesson(author=a, lesson_id=c.lessons.get().pk, title="L").course,
        id="edited lesson",
    )
    yield pytest.param(
        lambda a, c: course_authoring.reorder_lessons(
            author=a, course_id=c.pk, lesson_ids=[c.lessons.get().pk]
        ),
        id="order",
    )
    yield pytest.param(
        lambda a, c: instructors.add_instructor(
            author=a, course_id=c.pk, username=factories.make_user().username
        ),
        id="instructor",
    )
    yield pytest.param(
        lambda a, c: instructors.appoint_instructors(author=a, course_id=c.pk, instructors=[a]), id="appoint"
    )


@pytest.mark.parametrize("write", list(_course_writes()))
def test_a_course_that_changes(course: Course, instructor: User, write: Callable[..., Course]) -> None:
    changed = write(instructor, course)
    assert _recorded() == [("course.changed", changed.pk, None, None)]


def test_instructors_who_go_and_courses_that_go(course: Course, instructor: User) -> None:
    with transaction.atomic(), pytest.raises(exceptions.Conflict):
        instructors.remove_instructor(author=instructor, course_id=course.pk, user_id=instructor.pk)
    _recorded()
    other = factories.make_user()
    course.instructors.add(other)
    instructors.remove_instructor(author=instructor, course_id=course.pk, user_id=other.pk)
    assert _recorded() == [("course.changed", course.pk, None, None)]
    pk = course.pk
    course_removal.delete_course(author=instructor, course_id=pk)
    assert _recorded() == [("course.changed", pk, None, None)]


def test_an_assessment_that_changes(course: Course, instructor: User) -> None:
    def changes() -> Recorded:
        assert set(PendingEvent.objects.values_list("course_id", flat=True)) == {course.pk}
        return _recorded()

    lesson = factories.make_lesson(course=course)
    made = assessment_authoring.create_assessment(author=instructor, lesson_id=lesson.pk, title="Made")
    changed: Recorded = [("assessment.changed", made.pk, None, None)]
    named: dict[str, Any] = {"author": instructor, "assessment_id": made.pk}
    assert changes() == changed
    assessment_authoring.update_assessment(**named, title="Other")
    assert changes() == changed
    draft = {"question_type": QuestionType.ESSAY, "text": "Why?"}
    question = question_authoring.create_question(**named, draft=draft)  # type: ignore[arg-type]
    assert changes() == changed
    question_editing.update_question(author=instructor, question_id=question.pk, draft={"points": 2})
    assert changes() == changed
    question_authoring.reorder_questions(**named, question_ids=[question.pk])
    assert changes() == changed
    question_authoring.delete_question(author=instructor, question_id=question.pk)
    assert changes() == changed
    assessment_authoring.delete_assessment(**named)
    assert changes() == changed


def test_however_it_is_recorded_an_event_keeps_the_trace_of_its_request(
    learner: User, instructor: User, assessment: Assessment
) -> None:
    context = SpanContext(int(TRACE, 16), int(SPAN, 16), is_remote=False, trace_flags=TraceFlags(1))
    with use_span(NonRecordingSpan(context)):
        attempt = _start(learner, assessment)
        _save(attempt, "two")
        assessment_authoring.update_assessment(author=instructor, assessment_id=assessment.pk, title="Other")
    _save(attempt, "three")
    recorded = [
        ("attempt.started", f"00-{TRACE}-{SPAN}-01"),
        ("attempt.saved", f"00-{TRACE}-{SPAN}-01"),
        ("assessment.changed", f"00-{TRACE}-{SPAN}-01"),
        ("attempt.saved", ""),
    ]
    assert list(PendingEvent.objects.order_by("pk").values_list("type", "traceparent")) == recorded
    move_events()
    moved = list(Event.objects.order_by("pk").values_list("type", "traceparent"))
    assert moved == [recorded[0], *recorded[2:]]  # of two saves the last


def test_the_life_of_a_review(course: Course, learner: User, instructor: User, settings: Any) -> None:
    settings.REVIEWS_NEED_APPROVAL = True
    review = reviews.create_review(author=learner, course_id=course.pk, rating=4, content="Well made indeed.")

    def event(type: str) -> Recorded:
        return [(type, review.pk, learner.pk, None)]

    pk = review.pk
    assert _recorded() == event("review.created")
    moderation.moderate_review(moderator=instructor, review_id=pk, is_approved=True)
    assert _recorded() == event("review.approved")
    moderation.moderate_review(moderator=instructor, review_id=pk, is_featured=True)
    assert _recorded() == event("review.changed")
    reviews.vote_review_helpful(voter=instructor, review_id=pk, helpful=True)
    reviews.update_review(author=learner, review_id=pk, rating=4)
    assert _recorded() == []
    reviews.update_review(author=learner, review_id=pk, rating=5)
    assert _recorded() == event("review.changed")
    reviews.delete_review(actor=learner, review_id=pk)
    review.pk = pk
    assert _recorded() == event("review.deleted")


def test_who_is_erased_is_nobody_in_the_outbox_and_in_the_feed(
    course: Course, learner: User, assessment: Assessment
) -> None:
    attempt = _start(learner, assessment)
    review = factories.make_review(learner, course, is_approved=False)
    move_events()
    erasure.erase_person(person=learner)
    assert _recorded() == [
        ("attempt.completed", attempt.pk, None, 0),
        ("review.deleted", review.pk, None, None),
    ]
    assert list(Event.objects.values_list("type", "learner_id")) == [("attempt.started", None)]


def test_the_emptied_attempts_of_who_is_erased_are_told(learner: User, assessment: Assessment) -> None:
    attempt = _start(learner, assessment)
    attempts.complete_attempt(learner=learner, attempt_id=attempt.pk)
    _recorded()
    erasure.erase_person(person=learner)
    assert _recorded() == [("attempt.saved", attempt.pk, None, 0)]


# ---------------------------------------------------------------- switched off


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("days", "recorded"), [(30, 1), (0, 0)])
def test_the_feed_costs_a_save_no_string_and_no_statement(
    learner: User, assessment: Assessment, settings: Any, days: int, recorded: int
) -> None:
    settings.EVENTS_KEPT_DAYS = days
    attempt = _start(learner, assessment)
    _save(attempt, "two")
    _recorded()
    _save(attempt, "two", "three")
    response = given(attempt, assessment.questions.get(question_text="Several?"), "two")
    _recorded()
    with strings_sent() as strings:
        attempts.submit_answers(learner=learner, attempt_id=attempt.pk, responses=[response])
    assert strings == [
        ["BEGIN", "SET", "SET", "SET", "EXECUTE", "EXECUTE"],
        ["EXECUTE", "COMMIT"],
    ]
    assert len(_recorded()) == recorded


def test_a_feed_that_is_switched_off_records_nothing(
    learner: User, instructor: User, assessment: Assessment, course: Course, settings: Any
) -> None:
    settings.EVENTS_KEPT_DAYS = 0
    attempt = _start(learner, assessment)
    _save(attempt, "two")
    attempts.complete_attempt(learner=learner, attempt_id=attempt.pk)
    with CaptureQueriesContext(transaction.get_connection()) as queries:
        course_authoring.update_course(author=instructor, course_id=course.pk, title="Other")
        assessment_authoring.update_assessment(author=instructor, assessment_id=assessment.pk, title="Other")
    assert not [query for query in queries if "pendingevent" in query["sql"]]
    assert _recorded() == []


# ---------------------------------------------------------------- moving


def _moved() -> list[tuple[int, str, int | None]]:
    return list(Event.objects.order_by("pk").values_list("pk", "type", "revision"))


def test_events_are_numbered_on_in_the_order_of_the_outbox(course: Course) -> None:
    record(EventType.COURSE_CHANGED, [Subject(1, 1), Subject(2, 2)])
    assert move_events() == 2
    record(EventType.REVIEW_CREATED, [Subject(3, 1, 7)])
    assert move_events() == 1
    feed = Event.objects.order_by("pk").values_list("pk", "type", "subject_id", "course_id", "learner_id")
    assert list(feed) == [
        (1, "course.changed", 1, 1, None),
        (2, "course.changed", 2, 2, None),
        (3, "review.created", 3, 1, 7),
    ]
    assert not PendingEvent.objects.exists()
    assert move_events() == 0


def test_saves_that_wait_together_are_one_event_at_the_place_of_the_last(
    learner: User, instructor: User, assessment: Assessment
) -> None:
    attempt = _start(learner, assessment)
    _save(attempt, "two")
    attempt_interventions.extend_attempt(author=instructor, attempt_id=attempt.pk, minutes=5)
    _save(attempt, "three")
    last = PendingEvent.objects.latest("pk").occurred_at
    assert move_events() == 3
    assert _moved() == [(1, "attempt.started", 0), (2, "attempt.extended", 1), (3, "attempt.saved", 2)]
    assert Event.objects.get(pk=3).occurred_at == last
    _save(attempt, "two")
    move_events()
    assert _moved()[3:] == [(4, "attempt.saved", 3)]


def test_saves_of_different_attempts_are_not_joined() -> None:
    record(EventType.ATTEMPT_SAVED, [Subject(1, 1, 1, 4), Subject(2, 1, 1, 5)])
    move_events()
    assert [revision for _, _, revision in _moved()] == [4, 5]


def test_more_than_a_batch_is_moved_at_one_time() -> None:
    record(EventType.COURSE_CHANGED, [Subject(number, 1) for number in range(BATCH + 1)])
    assert move_events() == BATCH + 1
    assert list(Event.objects.order_by("pk").values_list("subject_id", flat=True)) == list(range(BATCH + 1))


def test_settling_moves_everything_and_tells_the_newest_position() -> None:
    assert settle() == 0
    record(EventType.COURSE_CHANGED, [Subject(number, 1) for number in range(BATCH + 1)])
    assert settle() == BATCH + 1
    assert settle() == BATCH + 1


# ---------------------------------------------------------------- expiry


def _feed(*days_ago: int) -> None:
    for days in days_ago:
        factories.make_event(1, occurred_at=timezone.now() - timedelta(days=days))


@pytest.mark.parametrize(
    ("days_ago", "left"),
    [
        ((31, 31, 29, 31, 1), [3, 4, 5]),
        ((31, 31, 31), [3]),
        ((29, 29), [1, 2]),
        ((), []),
    ],
)
def test_old_events_go_from_the_oldest_on_and_the_newest_stays(
    settings: Any, days_ago: tuple[int, ...], left: list[int]
) -> None:
    settings.EVENTS_KEPT_DAYS = 30
    _feed(*days_ago)
    clear_expired()
    assert list(Event.objects.order_by("pk").values_list("pk", flat=True)) == left
    record(EventType.COURSE_CHANGED, [Subject(1, 1)])
    assert settle() == len(days_ago) + 1


def test_events_are_kept_as_long_as_the_setting_says(settings: Any) -> None:
    settings.EVENTS_KEPT_DAYS = 40
    _feed(41, 31, 1)
    clear_expired()
    assert list(Event.objects.order_by("pk").values_list("pk", flat=True)) == [2, 3]
