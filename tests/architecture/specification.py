"""Transcribed specification of the analytics models: tables, fields, names and kinds.

Table by table as it is printed, with one exception: `Answer.text`, printed as TextField, has the kind of
`answer_text`, because the two are one column.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Field:
    """A row of a table: the field's kind, and what its description or its brackets promise."""

    kind: str
    max_length: int | None = None
    digits: tuple[int, int] | None = None
    minimum: int | None = None
    maximum: int | None = None
    minimum_length: int | None = None
    cascades: bool = False
    is_set_on_add: bool = False
    is_optional: bool = False
    alias_of: str | None = None
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Model:
    """A section: the class, its bases and all that its lists promise."""

    bases: tuple[str, ...]
    fields: dict[str, Field]
    members: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: dict[str, tuple[str, ...]] = field(default_factory=dict)


CASCADE = Field("ForeignKey", cascades=True)
OPTIONAL = Field("ForeignKey", is_optional=True)
PLAIN = {
    kind: Field(kind)
    for kind in ("TextField", "BooleanField", "PositiveIntegerField", "DateTimeField", "JSONField")
}
TEXT, BOOLEAN, NUMBER = PLAIN["TextField"], PLAIN["BooleanField"], PLAIN["PositiveIntegerField"]
MOMENT, JSON = PLAIN["DateTimeField"], PLAIN["JSONField"]
STAMPED, ORDERED = ("TimeStampedMixin",), ("TimeStampedMixin", "OrderedMixin")

QUESTION_TYPES = (
    ("multiple_choice", "Multiple Choice"),
    ("true_false", "True/False"),
    ("short_answer", "Short Answer"),
    ("essay", "Essay"),
    ("matching", "Matching"),
    ("fill_blank", "Fill in the Blank"),
)
ACTIVITY_TYPES = (
    ("view_course", "Course page view"),
    ("start_lesson", "Lesson initiation"),
    ("complete_lesson", "Lesson completion"),
    ("download_resource", "Resource download"),
    ("take_quiz", "Assessment interaction"),
    ("post_comment", "Comment creation"),
    ("give_review", "Review submission"),
)
NOTIFICATION_TYPES = (
    ("course_update", "Course content updates"),
    ("reminder", "Learning reminders"),
    ("achievement", "Milestone achievements"),
    ("announcement", "General announcements"),
    ("feedback", "Feedback requests"),
    ("custom", "Custom notifications"),
)

MODELS = {
    "Assessment": Model(
        bases=STAMPED,
        fields={
            "lesson": Field("OneToOneField", cascades=True),
            "title": Field("CharField", max_length=255, minimum_length=2),
            "description": Field("TextField", is_optional=True),
            "passing_score": Field("PositiveIntegerField", minimum=0, maximum=100),
            "max_attempts": Field("PositiveIntegerField", minimum=1),
            "time_limit": Field("PositiveIntegerField", minimum=0),
            "time_limit_minutes": Field("PositiveIntegerField", alias_of="time_limit"),
            "randomize_questions": BOOLEAN,
            "show_correct_answers": BOOLEAN,
            "show_results": BOOLEAN,
        },
        members=("save", "get_questions", "get_max_score", "clean"),
        indexes=(("passing_score",), ("show_results", "show_correct_answers")),
    ),
    "Question": Model(
        bases=ORDERED,
        fields={
            "assessment": CASCADE,
            "question_text": TEXT,
            "text": Field("TextField", alias_of="question_text"),
            "question_type": Field("CharField", max_length=20, choices=QUESTION_TYPES),
            "points": Field("PositiveIntegerField", minimum=1),
            "order": NUMBER,
            "explanation": TEXT,
            "feedback": Field("TextField", alias_of="explanation"),
        },
        members=("save", "get_next_order", "get_answers", "text_property", "feedback_property"),
        indexes=(("assessment", "order"), ("question_type",)),
        unique={"unique_question_order": ("assessment", "order")},
    ),
    "Answer": Model(
        bases=ORDERED,
        fields={
            "question": CASCADE,
            "answer_text": Field("CharField", max_length=500),
            "text": Field("CharField", alias_of="answer_text"),
            "is_correct": BOOLEAN,
            "explanation": TEXT,
            "order": NUMBER,
        },
        members=("save", "get_next_order", "text_property"),
        indexes=(("question", "order"), ("is_correct",)),
        unique={"unique_answer_order": ("question", "order")},
    ),
    "AssessmentAttempt": Model(
        bases=STAMPED,
        fields={
            "user": CASCADE,
            "assessment": CASCADE,
            "start_time": Field("DateTimeField", is_set_on_add=True),
            "end_time": MOMENT,
            "time_taken_seconds": NUMBER,
            "score": NUMBER,
            "max_score": NUMBER,
            "is_completed": BOOLEAN,
            "is_passed": BOOLEAN,
            "passed": Field("BooleanField", alias_of="is_passed"),
            "attempt_number": NUMBER,
            "ip_address": Field("GenericIPAddressField"),
            "user_agent": TEXT,
        },
        members=("save", "score_percentage", "time_taken"),
        indexes=(("user", "assessment"), ("assessment", "-created_date"), ("is_completed", "is_passed")),
    ),
    "AttemptAnswer": Model(
        bases=STAMPED,
        fields={
            "attempt": CASCADE,
            "question": CASCADE,
            "selected_answer": OPTIONAL,
            "text_answer": TEXT,
            "is_correct": BOOLEAN,
            "points_earned": NUMBER,
            "feedback": TEXT,
            "answered_at": Field("DateTimeField", is_set_on_add=True),
        },
        members=("save", "clean", "answer", "text_response"),
        indexes=(("attempt", "question"), ("is_correct",)),
        unique={"unique_attempt_answer": ("attempt", "question")},
    ),
    "Review": Model(
        bases=STAMPED,
        fields={
            "user": CASCADE,
            "course": CASCADE,
            "rating": Field("PositiveSmallIntegerField", minimum=1, maximum=5),
            "title": Field("CharField", max_length=255),
            "content": Field("TextField", minimum_length=10),
            "helpful_count": NUMBER,
            "is_verified_purchase": BOOLEAN,
            "is_approved": BOOLEAN,
            "is_featured": BOOLEAN,
            "moderation_notes": TEXT,
        },
        members=("save",),
        indexes=(
            ("course", "-created_date"),
            ("user", "-created_date"),
            ("is_approved", "is_featured"),
            ("rating",),
        ),
        unique={"unique_user_course_review": ("user", "course")},
    ),
    "Note": Model(
        bases=STAMPED,
        fields={
            "user": CASCADE,
            "lesson": CASCADE,
            "content": Field("TextField", minimum_length=1),
            "timestamp_seconds": NUMBER,
            "is_private": BOOLEAN,
            "tags": JSON,
        },
        indexes=(("user", "lesson"), ("lesson", "is_private")),
    ),
    "UserActivity": Model(
        bases=STAMPED,
        fields={
            "user": CASCADE,
            "activity_type": Field("CharField", max_length=255, choices=ACTIVITY_TYPES),
            "course": OPTIONAL,
            "lesson": OPTIONAL,
            "resource": OPTIONAL,
            "assessment": OPTIONAL,
            "data": JSON,
        },
        indexes=(("user", "-created_date"), ("course", "-created_date"), ("activity_type",)),
    ),
    "CourseStats": Model(
        bases=STAMPED,
        fields={
            "course": Field("OneToOneField"),
            "total_students": NUMBER,
            "active_students": NUMBER,
            "completion_count": NUMBER,
            "average_completion_days": NUMBER,
            "engagement_score": Field("DecimalField", digits=(5, 2)),
            "assessment_stats": JSON,
            "revenue_data": JSON,
        },
    ),
    "UserStats": Model(
        bases=STAMPED,
        fields={
            "user": Field("OneToOneField"),
            "courses_enrolled": NUMBER,
            "courses_completed": NUMBER,
            "total_time_spent_seconds": Field("PositiveBigIntegerField"),
            "assessment_avg_score": Field("DecimalField", digits=(5, 2)),
            "last_activity": MOMENT,
            "activity_streak": NUMBER,
            "learning_habits": JSON,
        },
        indexes=(("activity_streak", "last_activity"),),
    ),
    "Notification": Model(
        bases=STAMPED,
        fields={
            "user": CASCADE,
            "title": Field("CharField", max_length=255),
            "message": TEXT,
            "notification_type": Field("CharField", max_length=255, choices=NOTIFICATION_TYPES),
            "course": OPTIONAL,
            "is_read": BOOLEAN,
            "read_date": MOMENT,
            "action_url": Field("URLField"),
        },
        indexes=(("user", "-created_date"), ("is_read",), ("notification_type",)),
    ),
}
