"""A minimal schema of strawberry-django over the same tables, with its optimizer, as its documentation builds one."""

from typing import Any

import strawberry
import strawberry_django
from django.db import transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from strawberry import auto
from strawberry.scalars import JSON
from strawberry_django.optimizer import DjangoOptimizerExtension

from courses import models

_lessons = models.Lesson.objects.filter(course=OuterRef("pk")).order_by().values("course")


@strawberry_django.type(models.User)
class User:
    display_name: auto


@strawberry_django.type(models.Review)
class Review:
    rating: auto
    title: auto
    user: User

    @classmethod
    def get_queryset(cls, queryset: QuerySet[Any], *_: Any) -> QuerySet[Any]:
        return queryset.filter(is_approved=True).order_by("-created_date", "-pk")


@strawberry_django.type(models.Answer)
class Answer:
    id: auto
    answer_text: auto


@strawberry_django.type(models.Question)
class Question:
    id: auto
    question_text: auto
    points: auto
    answers: list[Answer]


@strawberry_django.type(models.AttemptAnswer)
class AttemptAnswer:
    question_id: strawberry.ID
    response: JSON | None


@strawberry_django.type(models.AssessmentAttempt)
class Attempt:
    id: auto
    attempt_number: auto
    revision: auto
    score: auto
    max_score: auto
    is_completed: auto
    is_passed: bool | None
    layout: JSON
    user: User
    assessment: "Assessment"
    answers: list[AttemptAnswer]

    @classmethod
    def get_queryset(cls, queryset: QuerySet[Any], *_: Any) -> QuerySet[Any]:
        return queryset.order_by("-created_date", "-pk")


@strawberry_django.type(models.Assessment)
class Assessment:
    id: auto
    title: auto
    questions: list[Question]
    attempts: list[Attempt] = strawberry_django.field(pagination=True)


@strawberry_django.type(models.Lesson)
class Lesson:
    title: auto
    assessment: Assessment

    @classmethod
    def get_queryset(cls, queryset: QuerySet[Any], *_: Any) -> QuerySet[Any]:
        return queryset.order_by("order")


@strawberry_django.type(models.CourseStats)
class CourseStats:
    assessment_stats: JSON


@strawberry_django.type(models.Course)
class Course:
    slug: auto
    title: auto
    lesson_count: int = strawberry_django.field(annotate=Subquery(_lessons.values(number=Count("pk"))))
    rating_counts: auto
    average_rating: auto
    reviews: list[Review] = strawberry_django.field(pagination=True)
    lessons: list[Lesson]
    stats: CourseStats

    @classmethod
    def get_queryset(cls, queryset: QuerySet[Any], *_: Any) -> QuerySet[Any]:
        return queryset.filter(is_published=True).order_by("-created_date", "-pk")


@strawberry.type
class Query:
    attempt: Attempt = strawberry_django.field()
    assessment: Assessment = strawberry_django.field()
    course: Course = strawberry_django.field()
    courses: list[Course] = strawberry_django.field(pagination=True)


@strawberry.type
class Mutation:
    @strawberry_django.mutation
    def start_attempt(self, learner: strawberry.ID, assessment: strawberry.ID) -> Attempt:
        attempt = models.AssessmentAttempt(user_id=int(learner), assessment_id=int(assessment))
        attempt.save()
        return attempt  # type: ignore[return-value]

    @strawberry_django.mutation
    def save_answer(
        self, learner: strawberry.ID, attempt: strawberry.ID, question: strawberry.ID, answer: strawberry.ID
    ) -> Attempt:
        with transaction.atomic():
            open_attempts = models.AssessmentAttempt.objects.filter(user=int(learner), is_completed=False)
            found = open_attempts.select_for_update().get(pk=int(attempt))
            models.AssessmentAttempt.objects.filter(pk=found.pk).update(revision=F("revision") + 1)
            models.AttemptAnswer.objects.update_or_create(
                attempt=found,
                question_id=int(question),
                defaults={"response": {"choices": [int(answer)]}, "revision": found.revision + 1},
            )
            found.revision += 1
        return found  # type: ignore[return-value]

    @strawberry_django.mutation
    def complete_attempt(self, learner: strawberry.ID, attempt: strawberry.ID) -> Attempt:
        found = models.AssessmentAttempt.objects.get(pk=int(attempt), user=int(learner))
        found.complete()
        return found  # type: ignore[return-value]


schema = strawberry.Schema(query=Query, mutation=Mutation, extensions=[DjangoOptimizerExtension])
