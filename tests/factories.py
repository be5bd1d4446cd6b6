"""Factories: each function creates one row with whatever it needs, and takes any field by name."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any

from django.utils import timezone

from courses.constants import DeliveryStatus, EnrollmentStatus, EventType, QuestionType
from courses.models import (
    AccessToken,
    Accommodation,
    Answer,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Course,
    Enrollment,
    Event,
    Lesson,
    Note,
    Notification,
    Question,
    Resource,
    Review,
    StatisticsChange,
    User,
    UserActivity,
    WebhookDelivery,
    WebhookEndpoint,
)
from courses.services.webhook_secrets import new_secret

_numbers = count(1)


def make_user(**fields: Any) -> User:
    """A person of an administrator's, with a user name of their own, and no usable password unless one is given."""
    name = fields.pop("username", None) or f"user{next(_numbers)}"
    defaults: dict[str, Any] = {"email": f"{name}@example.org", "is_vouched_for": True}
    return User.objects.create_user(name, password=fields.pop("password", None), **defaults | fields)


def make_staff(**fields: Any) -> User:
    """Somebody of the platform's staff."""
    return make_user(is_staff=True, **fields)


def make_course(*, instructors: tuple[User, ...] = (), **fields: Any) -> Course:
    """A published course."""
    number = next(_numbers)
    defaults = {"slug": f"course-{number}", "title": f"Course {number}", "is_published": True}
    course = Course.objects.create(**defaults | fields)
    course.instructors.set(instructors)
    return course


def make_lesson(**fields: Any) -> Lesson:
    """The next lesson of `course`, or of a new one."""
    fields["course"] = fields.get("course") or make_course()
    return Lesson.objects.create(**{"title": f"Lesson {next(_numbers)}"} | fields)


def make_resource(**fields: Any) -> Resource:
    """A document of `lesson`, or of a new one."""
    fields["lesson"] = fields.get("lesson") or make_lesson()
    return Resource.objects.create(
        **{"title": "Slides", "kind": "document", "url": "https://example.org/slides.pdf"} | fields
    )


def enroll(user: User, course: Course, **fields: Any) -> Enrollment:
    """`user` takes `course`."""
    return Enrollment.objects.create(user=user, course=course, **{"status": EnrollmentStatus.ACTIVE} | fields)


def make_learner(course: Course, **fields: Any) -> User:
    """Somebody who takes `course`."""
    learner = make_user(**fields)
    enroll(learner, course)
    return learner


def make_assessment(**fields: Any) -> Assessment:
    """An assessment without questions, of `lesson` or of a new one: two attempts, 50 percent to pass."""
    fields["lesson"] = fields.get("lesson") or make_lesson()
    return Assessment.objects.create(
        **{"title": f"Assessment {next(_numbers)}", "passing_score": 50, "max_attempts": 2} | fields
    )


def make_question(
    assessment: Assessment, answers: list[dict[str, Any]] | None = None, **fields: Any
) -> Question:
    """The next question of `assessment`; `answers` are the fields of each answer in the author's order."""
    question = Question.objects.create(
        assessment=assessment, **{"question_text": f"Question {next(_numbers)}?", "points": 1} | fields
    )
    Answer.objects.bulk_create(Answer(question=question, **answer) for answer in answers or [])
    return question


def single_choice(
    assessment: Assessment, *, right: str = "right", wrong: tuple[str, ...] = ("wrong",), **fields: Any
) -> Question:
    """A multiple choice question with one right choice, which its author wrote first."""
    answers: list[dict[str, Any]] = [
        {"answer_text": right, "is_correct": True},
        *({"answer_text": text} for text in wrong),
    ]
    return make_question(assessment, answers, question_type=QuestionType.MULTIPLE_CHOICE, **fields)


def multiple_response(
    assessment: Assessment,
    *,
    right: tuple[str, ...] = ("a", "b"),
    wrong: tuple[str, ...] = ("c", "d"),
    **fields: Any,
) -> Question:
    """A multiple choice question with several right choices, written before the wrong ones."""
    answers = [{"answer_text": text, "is_correct": True} for text in right]
    answers += [{"answer_text": text} for text in wrong]
    return make_question(assessment, answers, question_type=QuestionType.MULTIPLE_CHOICE, **fields)


def true_false(assessment: Assessment, *, right: bool = True, **fields: Any) -> Question:
    """A true/false question whose author wrote False first."""
    answers = [
        {"answer_text": "False", "is_correct": not right},
        {"answer_text": "True", "is_correct": right},
    ]
    return make_question(assessment, answers, question_type=QuestionType.TRUE_FALSE, **fields)


def short_answer(assessment: Assessment, *accepted: str, **fields: Any) -> Question:
    """A question to be answered with one of the `accepted` texts."""
    answers = [{"answer_text": text, "is_correct": True} for text in accepted]
    return make_question(assessment, answers, question_type=QuestionType.SHORT_ANSWER, **fields)


def essay(assessment: Assessment, **fields: Any) -> Question:
    """A question that a person grades."""
    return make_question(assessment, question_type=QuestionType.ESSAY, **fields)


def matching(assessment: Assessment, pairs: dict[str, str], *distractors: str, **fields: Any) -> Question:
    """A question whose prompts are the keys of `pairs`; `distractors` are matches that belong to none."""
    answers = [
        {"answer_text": prompt, "match_text": match, "is_correct": True} for prompt, match in pairs.items()
    ]
    answers += [{"answer_text": "", "match_text": text} for text in distractors]
    return make_question(assessment, answers, question_type=QuestionType.MATCHING, **fields)


def fill_blank(assessment: Assessment, blanks: dict[str, list[str]], **fields: Any) -> Question:
    """A question whose blanks are the keys of `blanks`, each with its accepted texts."""
    answers = [
        {"answer_text": text, "blank_key": key, "is_correct": True}
        for key, texts in blanks.items()
        for text in texts
    ]
    return make_question(assessment, answers, question_type=QuestionType.FILL_BLANK, **fields)


def make_attempt(user: User, assessment: Assessment, **fields: Any) -> AssessmentAttempt:
    """An attempt of `user`, open unless `is_completed` is given."""
    return AssessmentAttempt.objects.create(user=user, assessment=assessment, **fields)


def accommodate(user: User, place: Assessment | Course, **fields: Any) -> Accommodation:
    """An accommodation of `user` in an assessment, or in a whole course."""
    if isinstance(place, Course):
        return Accommodation.objects.create(user=user, course=place, **fields)
    return Accommodation.objects.create(user=user, course=place.lesson.course, assessment=place, **fields)


def answer(
    attempt: AssessmentAttempt, question: Question, response: dict[str, Any] | None, **fields: Any
) -> AttemptAnswer:
    """`response` to `question` in `attempt`, as it is stored."""
    return AttemptAnswer.objects.create(attempt=attempt, question=question, response=response, **fields)


def pick(attempt: AssessmentAttempt, question: Question, *texts: str) -> AttemptAnswer:
    """The choices with these `texts`, picked in `attempt`."""
    chosen = question.answers.filter(answer_text__in=texts).order_by("pk")
    return answer(attempt, question, {"choices": [choice.pk for choice in chosen]})


def make_completed_attempt(user: User, assessment: Assessment) -> AssessmentAttempt:
    """A completed attempt in which the first question, a choice, was answered rightly and nothing else."""
    attempt = make_attempt(user, assessment)
    pick(attempt, assessment.questions.get(order=1), "right")
    attempt.complete()
    return attempt


def rescore(attempt: AssessmentAttempt) -> None:
    """Score `attempt` anew, whose answers were given other grades."""
    answers = list(attempt.answers.select_related("question"))
    attempt._set_result(answers, {answer.question_id: answer.question.points for answer in answers})
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(
        score=attempt.score,
        exact_score=attempt.exact_score,
        max_score=attempt.max_score,
        is_passed=attempt.is_passed,
    )


def mark_stale(*, course_ids: Iterable[int] = (), user_ids: Iterable[int] = ()) -> None:
    """Note that the statistics of these courses and people are to be computed again."""
    StatisticsChange.objects.bulk_create(
        [StatisticsChange(course_id=pk) for pk in course_ids]
        + [StatisticsChange(user_id=pk) for pk in user_ids]
    )


def make_review(user: User, course: Course, **fields: Any) -> Review:
    """An approved review with five stars."""
    defaults = {"rating": 5, "title": "Good", "content": "I learned a lot here.", "is_approved": True}
    return Review.objects.create(user=user, course=course, **defaults | fields)


def make_note(user: User, lesson: Lesson, **fields: Any) -> Note:
    """A private note."""
    return Note.objects.create(user=user, lesson=lesson, **{"content": "Remember this."} | fields)


def make_notification(user: User, **fields: Any) -> Notification:
    """An unread notification."""
    return Notification.objects.create(user=user, **{"title": "News", "message": "There is news."} | fields)


def make_activity(user: User, *, at: datetime | None = None, **fields: Any) -> UserActivity:
    """Something that `user` did, just now or at the moment given."""
    activity = UserActivity.objects.create(user=user, **{"activity_type": "view_course"} | fields)
    if at is not None:
        UserActivity.objects.filter(pk=activity.pk).update(created_date=at)
        activity.created_date = at
    return activity


def make_event(course: Course | int, type: str = EventType.COURSE_CHANGED, **fields: Any) -> Event:
    """The next event of the feed: a change of the course, unless something else is said."""
    course_id = course if isinstance(course, int) else course.pk
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    defaults = {"id": last + 1, "type": type, "subject_id": course_id, "course_id": course_id}
    event = Event.objects.create(**defaults | fields)
    if "occurred_at" in fields:
        Event.objects.filter(pk=event.pk).update(occurred_at=fields["occurred_at"])
    return event


def make_access_token(user: User, secret: str, **fields: Any) -> AccessToken:
    """A token of `user` whose secret is `secret`."""
    return AccessToken.objects.create(
        user=user,
        prefix=secret[:8],
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        **{"name": "A program", "scopes": []} | fields,
    )


def make_webhook_endpoint(user: User, *, secret: bool = True, **fields: Any) -> WebhookEndpoint:
    """An endpoint of `user` that was made in a browser before the feed's first event, with a secret."""
    endpoint = WebhookEndpoint.objects.create(
        user=user, **{"url": "https://partner.example/events", "position": 0} | fields
    )
    if secret:
        new_secret(endpoint, now=timezone.now())
    return endpoint


def make_delivery(endpoint: WebhookEndpoint, event: Event | None = None, **fields: Any) -> WebhookDelivery:
    """A delivery of `event`, or of a ping, that is due unless something else is said."""
    status = fields.pop("status", DeliveryStatus.PENDING)
    due_at = timezone.now() if status == DeliveryStatus.PENDING else None
    defaults = {"next_try_at": due_at, "event_id": event and event.pk}
    return WebhookDelivery.objects.create(endpoint=endpoint, status=status, **defaults | fields)
