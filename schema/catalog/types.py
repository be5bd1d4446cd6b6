"""Output types of courses, lessons, resources and enrolments."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from courses import models
from courses.constants import Scope
from courses.selectors.catalog import SeenLesson
from schema.accommodations.filters import accommodations_page
from schema.accommodations.types import Accommodation
from schema.catalog.filters import enrollments_of_course
from schema.core.connections import Connection
from schema.core.enums import EnrollmentStatus, ResourceKind
from schema.core.fields import column, computed, declared, same_row
from schema.core.ids import Node, node
from schema.core.user_errors import Permission, permission
from schema.dataloaders import accommodations as accommodation_loaders
from schema.dataloaders import assessments as assessment_loaders
from schema.dataloaders import catalog as loaders
from schema.dataloaders import notes as note_loaders
from schema.dataloaders import people as people_loaders
from schema.dataloaders import reviews as review_loaders
from schema.dataloaders import statistics as statistics_loaders
from schema.notes.filters import notes_of_lesson
from schema.notes.types import Note
from schema.people.types import User
from schema.reviews.filters import reviews_of_course
from schema.reviews.types import Review, ReviewSummary
from schema.statistics.types import CourseStatistics

if TYPE_CHECKING:
    from schema.assessments.types import Assessment


@node(models.Resource, by_pk=loaders.resource_by_id, scope=Scope.COURSES_READ)
class Resource(Node):
    title: str
    kind: ResourceKind
    url: str


@node(models.Lesson, by_pk=loaders.lesson_by_id, scope=Scope.COURSES_READ)
class Lesson(Node):
    title: str
    position: int = column("order", "Position in the course, counted from 1.")
    duration_seconds: int | None
    course: "Course" = declared(loaders.course_of, "Course that the lesson belongs to.")
    resources: list[Resource] = declared(
        loaders.resources_of_lesson,
        "Material that goes with the lesson. Empty for viewers who neither take nor teach the course.",
    )
    assessment: Annotated["Assessment", strawberry.lazy("schema.assessments.types")] | None = declared(
        assessment_loaders.assessment_of_lesson, "Assessment of the lesson. Null when it has none."
    )
    notes: Connection[Note] = declared(
        note_loaders.notes_of_lesson,
        "Notes on the lesson that the viewer may read: their own, and public ones by others, newest first.",
        request=notes_of_lesson,
    )
    is_completed: bool | None = declared(
        loaders.is_lesson_completed,
        "Whether the viewer has completed the lesson. Null for anonymous requests.",
    )

    @computed(
        "Text of the lesson, in Markdown. Empty for viewers who neither take nor teach the course.",
        columns=("content", "viewer_may_read"),
    )
    def content(root: SeenLesson) -> str:
        return root.content if root.viewer_may_read else ""


@node(models.Enrollment, by_pk=loaders.enrollment_by_id, scope=Scope.COURSES_READ)
class Enrollment(Node):
    status: EnrollmentStatus
    progress_percentage: Decimal
    enrolled_at: datetime = column("enrolled_date")
    completed_at: datetime | None = column("completed_date")
    course: "Course" = declared(loaders.course_of, "Course that is taken.")
    user: User = declared(people_loaders.user_of, "Person who is enrolled.")


@node(models.Course, by_pk=loaders.course_by_id, scope=Scope.COURSES_READ)
class Course(Node):
    slug: str
    title: str
    description: str
    is_published: bool
    decimal_comma: bool
    price: Decimal
    currency: str
    created_at: datetime = column("created_date")
    updated_at: datetime = column("updated_date")
    instructors: list[User] = declared(
        loaders.instructors_of_course,
        "Instructors. They and the platform's staff are the staff of the course.",
    )
    lessons: list[Lesson] = declared(loaders.lessons_of_course, "Lessons of the course, by position.")
    lesson_count: int = declared(loaders.lesson_count_of_course, "Number of lessons in the course.")
    enrollments: Connection[Enrollment] | None = declared(
        loaders.enrollments_of_course,
        "Roster: everybody who takes or took the course, newest first. Null for everyone but the staff of the course.",
        request=enrollments_of_course,
        shown_if="viewer_is_staff",
    )
    viewer_enrollment: Enrollment | None = declared(
        loaders.viewer_enrollment_in_course,
        "Enrolment of the viewer, also a withdrawn one. Null when they never enrolled.",
    )
    reviews: Connection[Review] = declared(
        review_loaders.reviews_of_course,
        "Reviews that the viewer may see: approved ones, their own, and all of them for the staff of "
        "the course.",
        request=reviews_of_course,
    )
    viewer_review: Review | None = declared(
        review_loaders.viewer_review_of_course,
        "Review by the viewer, approved or not. Null when there is none.",
    )
    viewer_may_review: Permission = declared(
        review_loaders.advice_on_reviewing_course,
        "Preview of whether `createReview` would be accepted from the viewer now.",
        present=lambda _course, advice: permission(advice.refusal),
    )

    accommodations: Connection[Accommodation] | None = declared(
        accommodation_loaders.accommodations_of_course,
        "Accommodations that count for every assessment of the course, newest first. Null for everyone but its staff.",
        request=accommodations_page,
        shown_if="viewer_is_staff",
    )

    review_summary: ReviewSummary = same_row("Count, mean and histogram of the approved reviews.")
    statistics: CourseStatistics | None = declared(
        statistics_loaders.statistics_of_course,
        "Statistics of the course, as last computed. Null for everyone but the staff of the course.",
        scope=Scope.STATISTICS_READ,
    )
