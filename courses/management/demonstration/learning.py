"""Learning in the demonstration's courses: enrolments, lessons, attempts, reviews, notes.

Everything goes through the services, and is then moved back in time, as if it had happened over some months.
"""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from django.db.models import F

from courses.constants import NotificationType
from courses.management.demonstration.people import ROLES
from courses.management.demonstration.responses import plausible_response
from courses.models import (
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Course,
    Enrollment,
    LessonCompletion,
    Note,
    Review,
    User,
    UserActivity,
)
from courses.services import (
    accommodations,
    attempt_interventions,
    attempts,
    enrollment,
    moderation,
    notes,
    notifications,
    progress,
    reviews,
    statistics,
)
from courses.services.attempts import GivenResponse

DIRECTORY = Path(__file__).parent
LEARNERS_PER_COURSE = 14
MONTHS = timedelta(days=120)
MINUTES_OF_A_TERM = 120 * 24 * 60


def load_learning(courses: dict[str, Course], people: dict[str, User], random: Random) -> None:
    """Create the learning of everybody. The person `learner` is enrolled everywhere and has all of it ahead."""
    others = [person for name, person in people.items() if name not in ROLES]
    for slug, course in courses.items():
        if not course.is_published:
            continue
        taking = [people["classmate"], *random.sample(others, k=LEARNERS_PER_COURSE)]
        when = {learner: random.random() * MONTHS for learner in taking}
        for learner, ago in when.items():
            _learn(learner, course, ago, random)
        enrollment.enroll(learner=people["learner"], course_id=course.pk)
        _write_reviews(slug, course, taking, people["moderator"], random)
        _write_notes(slug, course, taking, random)
        newcomer = next(person for person in others if person not in when)
        _leave_open(newcomer, course, people["instructor"], random)
        for learner, ago in when.items():
            _move_back(learner, course, ago)
    _accommodate(courses, people)
    notifications.notify(
        recipients=[people["learner"]],
        type=NotificationType.ANNOUNCEMENT,
        title="Welcome",
        message="Your courses are waiting. Each lesson ends with something to try, and some with an assessment.",
        action_url="/courses",
    )
    statistics.refresh_all()


def _accommodate(courses: dict[str, Course], people: dict[str, User]) -> None:
    """Give the person `classmate` more time in every course."""
    for course in courses.values():
        accommodations.grant_accommodation(
            author=people["instructor"],
            learner_ids=[people["classmate"].pk],
            course_id=course.pk,
            time_factor=Decimal("1.25"),
            reason="Reads with a screen reader.",
        )


def _learn(learner: User, course: Course, ago: timedelta, random: Random) -> None:
    """Complete some of the lessons, and take their assessments until one is passed or given up.

    Each attempt has a random source of its own: the number of draws depends on its layout, and the choice of completed
    lessons must not.
    """
    skill = random.uniform(0.35, 0.95)
    enrollment.enroll(learner=learner, course_id=course.pk)
    lessons = list(course.lessons.order_by("order").select_related("assessment"))
    for lesson in lessons[: random.randint(1, len(lessons))]:
        progress.complete_lesson(learner=learner, lesson_id=lesson.pk)
        assessment = getattr(lesson, "assessment", None)
        if assessment and random.random() < 0.9:
            for attempt_number in range(random.randint(1, min(3, assessment.max_attempts))):
                _take(
                    learner,
                    assessment,
                    min(0.98, skill + 0.15 * attempt_number),
                    ago,
                    Random(random.random()),  # noqa: S311 - plausible, not secret
                )


def _take(learner: User, assessment: Assessment, skill: float, ago: timedelta, random: Random) -> None:
    """Take the assessment once, and backdate it by `ago`."""
    attempt = _begin(learner, assessment, skill, random)
    AttemptAnswer.objects.filter(attempt=attempt).update(answered_at=F("answered_at") - ago)
    attempts.complete_attempt(learner=learner, attempt_id=attempt.pk)
    _stretch(attempt, ago, timedelta(seconds=random.randint(180, 1500)))


def _begin(learner: User, assessment: Assessment, skill: float, random: Random) -> AssessmentAttempt:
    """Start an attempt and save responses, some of them blank."""
    questions = {question.pk: question.to_rule() for question in assessment.get_questions()}
    attempt = attempts.start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    responses = []
    for entry in attempt.layout["questions"]:
        response = plausible_response(questions[entry["id"]], entry, skill=skill, random=random)
        if response is not None:
            responses.append(GivenResponse(question_id=entry["id"], response=response))
    attempts.submit_answers(learner=learner, attempt_id=attempt.pk, responses=responses)
    return attempt


def _leave_open(learner: User, course: Course, instructor: User, random: Random) -> None:
    """Begin the last assessment of a course, which goes on at home for a term: something to extend and to close."""
    enrollment.enroll(learner=learner, course_id=course.pk)
    last = Assessment.objects.filter(lesson__course=course, time_limit__gt=0).order_by("-lesson__order")
    attempt = _begin(learner, last[0], 0.5, Random(random.random()))  # noqa: S311 - plausible, not secret
    attempt_interventions.extend_attempt(
        author=instructor,
        attempt_id=attempt.pk,
        minutes=MINUTES_OF_A_TERM,
        reason="Writes at home this term.",
    )


def _stretch(attempt: AssessmentAttempt, ago: timedelta, lasted: timedelta) -> None:
    """Backdate the end of an attempt by `ago`, and set its duration, at most the time limit."""
    limit = timedelta(minutes=attempt.assessment.time_limit) if attempt.assessment.time_limit else None
    lasted = min(lasted, limit) if limit else lasted
    attempt.refresh_from_db()
    assert attempt.end_time is not None
    ended = attempt.end_time - ago
    started = ended - lasted
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(
        start_time=started,
        created_date=started,
        end_time=ended,
        time_taken_seconds=int(lasted.total_seconds()),
        deadline_at=started + limit if limit else None,
    )


def _write_reviews(slug: str, course: Course, learners: list[User], moderator: User, random: Random) -> None:
    written = json.loads((DIRECTORY / "reviews.json").read_text(encoding="utf-8"))[slug]
    for author, fields in zip(learners, written, strict=False):
        review = reviews.create_review(author=author, course_id=course.pk, **fields)
        moderation.moderate_review(
            moderator=moderator, review_id=review.pk, is_approved=True, is_featured=fields is written[0]
        )
        for voter in random.sample(learners, k=random.randint(0, 6)):
            if voter != author:
                reviews.vote_review_helpful(voter=voter, review_id=review.pk, helpful=True)


def _write_notes(slug: str, course: Course, learners: list[User], random: Random) -> None:
    lessons = list(course.lessons.order_by("order"))
    for fields in json.loads((DIRECTORY / "notes.json").read_text(encoding="utf-8")):
        if fields.pop("course") == slug:
            lesson = lessons[fields.pop("lesson")]
            notes.create_note(author=random.choice(learners), lesson_id=lesson.pk, **fields)


def _move_back(learner: User, course: Course, ago: timedelta) -> None:
    """Backdate everything else that the learner did in the course by `ago`."""
    in_course = {"user": learner, "course": course}
    in_lesson = {"user": learner, "lesson__course": course}
    earlier = F("created_date") - ago
    Enrollment.objects.filter(**in_course).update(
        created_date=earlier, enrolled_date=F("enrolled_date") - ago, completed_date=F("completed_date") - ago
    )
    LessonCompletion.objects.filter(**in_lesson).update(completed_date=F("completed_date") - ago)
    Note.objects.filter(**in_lesson).update(created_date=earlier, updated_date=earlier)
    Review.objects.filter(**in_course).update(created_date=earlier, updated_date=earlier)
    UserActivity.objects.filter(**in_course).update(created_date=earlier)
