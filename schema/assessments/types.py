"""Output types of assessments, and of authoring them.

`Question` and `Answer` hold the key. Nothing that a learner can reach ever returns them: their declarations are
narrowed to the staff of the course, and the learner's side has types of its own (schema/attempts).
"""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from courses import models
from courses.constants import Scope
from courses.rules.values import worth
from schema.accommodations.filters import accommodations_page, learner_asked_for
from schema.accommodations.types import Accommodation, EffectiveSettings
from schema.attempts.filters import attempts_of_assessment
from schema.core.connections import Connection
from schema.core.enums import QuestionType, ScoringPolicy, TextMatch
from schema.core.fields import column, computed, declared
from schema.core.ids import Node, node
from schema.dataloaders import accommodations as accommodation_loaders
from schema.dataloaders import assessments as loaders
from schema.dataloaders import attempts as attempt_loaders
from schema.dataloaders import catalog as catalog_loaders
from schema.dataloaders import grading as grading_loaders

if TYPE_CHECKING:
    from schema.attempts.types import AssessmentAttempt, ViewerAttempts
    from schema.catalog.types import Lesson
    from schema.grading.types import ItemAnalysis

TIME_LIMIT = "Time limit of an attempt, in minutes, at most 525,600 (a year). Null: no limit."


@node(models.Answer, by_pk=loaders.answer_by_id, scope=Scope.COURSES_READ)
class Answer(Node):
    text: str = column("answer_text")
    is_correct: bool
    explanation: str
    position: int = column("order", "Position in the author's order, counted from 1.")
    text_match: TextMatch
    tolerance: Decimal | None

    @computed(
        "Matching: the text that belongs to the prompt `text`. Null for other types of question, and "
        "when the prompt has none.",
        columns=("match_text",),
    )
    def match_text(root: models.Answer) -> str | None:
        return root.match_text or None

    @computed(
        "Fill in the blank: key of the blank that `text` fills. Null for other types of question.",
        columns=("blank_key",),
    )
    def blank_key(root: models.Answer) -> str | None:
        return root.blank_key or None

    @computed(
        "Effective credit of the answer as a share of the question's points, 0 to 1; of a wrong choice that is "
        "WEIGHTED, -1 to 1.",
        columns=("is_correct", "credit"),
    )
    def credit(root: models.Answer) -> Decimal:
        return worth(is_correct=root.is_correct, credit=root.credit)


@strawberry.type(
    description="Version of a question: everything of it and its answers as it stood when an attempt started, or "
    "was graded. It never changes. The first start after an edit makes one, unless the content has been there before."
)
class QuestionVersion:
    number: int = column("number", "Number among the versions of the question, counted from 1.")
    digest: str = column(
        "digest", "SHA-256 of the whole content, key included, in hexadecimal: equal where the content is."
    )
    created_at: datetime = column("created_date", "Time at which it was first asked or graded by.")
    attempt_count: int = column("attempt_count", "Number of attempts that were asked it.")


@node(models.Question, by_pk=loaders.question_by_id, scope=Scope.COURSES_READ)
class Question(Node):
    type: QuestionType = column("question_type")
    text: str = column("question_text")
    points: int
    position: int = column("order", "Position in the author's order, counted from 1.")
    explanation: str
    scoring: ScoringPolicy
    created_at: datetime = column("created_date")
    updated_at: datetime = column("updated_date")
    assessment: "Assessment" = declared(loaders.assessment_of, "Assessment that the question belongs to.")
    answers: list[Answer] = declared(
        loaders.answers_of_question, "Answers that make up the key, in the author's order."
    )
    versions: list[QuestionVersion] = declared(
        loaders.versions_of_question, "Versions that attempts were asked or graded by, the first one first."
    )


@node(models.Assessment, by_pk=loaders.assessment_by_id, scope=Scope.COURSES_READ)
class Assessment(Node):
    title: str
    description: str
    passing_score: int
    max_attempts: int
    randomize_questions: bool
    show_results: bool
    show_correct_answers: bool
    opens_at: datetime | None
    closes_at: datetime | None
    results_from: datetime | None
    key_from: datetime | None
    is_published: bool
    lesson: Annotated["Lesson", strawberry.lazy("schema.catalog.types")] = declared(
        catalog_loaders.lesson_of, "Lesson that the assessment belongs to."
    )
    question_count: int = declared(
        loaders.question_count_of_assessment, "Number of questions in the assessment."
    )
    max_score: int = declared(
        loaders.max_score_of_assessment,
        "Maximum score: the sum of the points of all questions, as they are now.",
    )
    questions: list[Question] | None = declared(
        loaders.questions_of_assessment,
        "Questions as their author wrote them, answer key included. Null for everyone but the staff "
        "of the course.",
        shown_if="viewer_is_staff",
    )
    problems: list[str] | None = declared(
        loaders.problems_of_assessment,
        "Problems that keep the assessment from being started, one sentence each; empty when it is "
        "ready. Null for everyone but the staff of the course.",
    )

    attempts: Connection[Annotated["AssessmentAttempt", strawberry.lazy("schema.attempts.types")]] | None = (
        declared(
            attempt_loaders.attempts_of_assessment,
            "Attempts of all learners. Null for everyone but the staff of the course.",
            request=attempts_of_assessment,
            shown_if="viewer_is_staff",
        )
    )
    accommodations: Connection[Accommodation] | None = declared(
        accommodation_loaders.accommodations_of_assessment,
        "Accommodations that count for this assessment alone, newest first. Null for everyone but the staff of the "
        "course.",
        request=accommodations_page,
        shown_if="viewer_is_staff",
    )
    effective_for: EffectiveSettings | None = declared(
        accommodation_loaders.settings_of_learner,
        "Settings that count for a learner, accommodations included. Null for everyone but the staff of the "
        "course, and for people who never took it.",
        request=learner_asked_for,
        shown_if="viewer_is_staff",
        scope=Scope.ATTEMPTS_READ,
    )
    item_analysis: Annotated["ItemAnalysis", strawberry.lazy("schema.grading.types")] | None = declared(
        grading_loaders.item_analysis_of_assessment,
        "Item analysis: how well each question tells strong learners from weak ones. Null for "
        "everyone but the staff of the course.",
        scope=Scope.STATISTICS_READ,
    )
    viewer_attempts: Annotated["ViewerAttempts", strawberry.lazy("schema.attempts.types")] | None = declared(
        attempt_loaders.own_attempts_at_assessment,
        "Attempts that the viewer has made and may still make. Null for anonymous requests.",
        scope=Scope.ATTEMPTS_READ,
    )

    @computed(TIME_LIMIT, columns=("time_limit",))
    def time_limit_minutes(root: models.Assessment) -> int | None:
        return root.time_limit or None
