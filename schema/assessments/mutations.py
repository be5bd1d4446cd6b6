"""Mutations that author assessments and their questions: for the staff of the course."""

from datetime import datetime

import strawberry

from courses import models
from courses.services import assessment_authoring, question_authoring, question_editing
from schema.assessments.inputs import QuestionInput, drafted, redrafted
from schema.assessments.types import TIME_LIMIT, Assessment, Question
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import LEFT_OUT_STAYS, changes, given, like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import assessments as loaders


@strawberry.input(
    description="An assessment to create, with its questions. Left out, `passingScore` is 70, `maxAttempts` "
    "1, there is no time limit, questions keep the author's order, results and right answers "
    "are shown, and it is published and always open."
)
class CreateAssessmentInput:
    lesson_id: strawberry.ID = strawberry.field(
        description="Global id of a lesson that has no assessment yet."
    )
    title: str = required_like(models.Assessment, "title")
    description: str | None = like(models.Assessment, "description")
    passing_score: int | None = like(models.Assessment, "passing_score")
    max_attempts: int | None = like(models.Assessment, "max_attempts")
    time_limit_minutes: int | None = strawberry.field(default=strawberry.UNSET, description=TIME_LIMIT)
    randomize_questions: bool | None = like(models.Assessment, "randomize_questions")
    show_results: bool | None = like(models.Assessment, "show_results")
    show_correct_answers: bool | None = like(models.Assessment, "show_correct_answers")
    opens_at: datetime | None = like(models.Assessment, "opens_at")
    closes_at: datetime | None = like(models.Assessment, "closes_at")
    results_from: datetime | None = like(models.Assessment, "results_from")
    key_from: datetime | None = like(models.Assessment, "key_from")
    is_published: bool | None = like(models.Assessment, "is_published")
    questions: list[QuestionInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Questions of the assessment, in their order, at most 1,000."
    )


@strawberry.type(description="The new assessment, with its questions.")
class CreateAssessmentPayload(Payload):
    assessment_id: strawberry.Private[int | None] = None
    assessment: Assessment | None = declared(loaders.assessment_of, "Assessment as it was stored.")


@strawberry.input(description=f"Changes to an assessment. {LEFT_OUT_STAYS}")
class UpdateAssessmentInput:
    assessment_id: strawberry.ID = strawberry.field(
        description="Global id of an assessment that the viewer may edit."
    )
    title: str | None = like(models.Assessment, "title")
    description: str | None = like(models.Assessment, "description")
    passing_score: int | None = like(models.Assessment, "passing_score")
    max_attempts: int | None = like(models.Assessment, "max_attempts")
    time_limit_minutes: int | None = strawberry.field(default=strawberry.UNSET, description=TIME_LIMIT)
    randomize_questions: bool | None = like(models.Assessment, "randomize_questions")
    show_results: bool | None = like(models.Assessment, "show_results")
    show_correct_answers: bool | None = like(models.Assessment, "show_correct_answers")
    opens_at: datetime | None = like(models.Assessment, "opens_at")
    closes_at: datetime | None = like(models.Assessment, "closes_at")
    results_from: datetime | None = like(models.Assessment, "results_from")
    key_from: datetime | None = like(models.Assessment, "key_from")
    is_published: bool | None = like(models.Assessment, "is_published")


@strawberry.type(description="The changed assessment.")
class UpdateAssessmentPayload(Payload):
    assessment_id: strawberry.Private[int | None] = None
    assessment: Assessment | None = declared(loaders.assessment_of, "Assessment as it is stored now.")


@strawberry.input(description="The assessment to delete.")
class DeleteAssessmentInput:
    assessment_id: strawberry.ID = strawberry.field(
        description="Global id of an assessment without attempts that the viewer may edit."
    )


@strawberry.type(description="The assessment that was deleted.")
class DeleteAssessmentPayload(Payload):
    deleted_assessment_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the deleted assessment."
    )


@strawberry.input(description="A question to add at the end of an assessment.")
class CreateQuestionInput:
    assessment_id: strawberry.ID = strawberry.field(
        description="Global id of an assessment that the viewer may edit."
    )
    question: QuestionInput = strawberry.field(description="Question to add, with its answer key.")


@strawberry.type(description="The new question, last in its assessment.")
class CreateQuestionPayload(Payload):
    question_id: strawberry.Private[int | None] = None
    question: Question | None = declared(loaders.question_of, "Question as it was stored.")


@strawberry.input(
    description="Changes to a question. Optional fields of `question` that are left out keep their values."
)
class UpdateQuestionInput:
    question_id: strawberry.ID = strawberry.field(
        description="Global id of a question that the viewer may edit."
    )
    question: QuestionInput = strawberry.field(
        description=(
            "Question as it should be. `points`, `explanation`, `scoring` and `answers` keep their "
            "values when they are left out, and null is refused with REQUIRED. `answers` is the complete "
            "key: unchanged answers keep their ids, edited ones are changed in place, in their order, "
            "and those left over are deleted, unless learners have picked one or still can "
            "(QUESTION_IN_USE)."
        )
    )


@strawberry.type(description="The changed question.")
class UpdateQuestionPayload(Payload):
    question_id: strawberry.Private[int | None] = None
    question: Question | None = declared(loaders.question_of, "Question as it is stored now.")


@strawberry.input(description="The question to delete.")
class DeleteQuestionInput:
    question_id: strawberry.ID = strawberry.field(
        description="Global id of a question that is part of no attempt."
    )


@strawberry.type(description="The question that was deleted.")
class DeleteQuestionPayload(Payload):
    deleted_question_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the deleted question."
    )


@strawberry.input(description="The new order of an assessment's questions.")
class ReorderQuestionsInput:
    assessment_id: strawberry.ID = strawberry.field(
        description="Global id of an assessment that the viewer may edit."
    )
    question_ids: list[strawberry.ID] = strawberry.field(
        description="Global ids of all its questions, each exactly once, in the new order."
    )


@strawberry.type(description="The assessment, with its questions in the new order.")
class ReorderQuestionsPayload(Payload):
    assessment_id: strawberry.Private[int | None] = None
    assessment: Assessment | None = declared(loaders.assessment_of, "Assessment as it is stored now.")


_NULLABLE = ("time_limit_minutes", "opens_at", "closes_at", "results_from", "key_from")


@strawberry.type
class AssessmentMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Create the assessment of a lesson together with its questions, atomically. For the staff of "
        "the course.",
    )
    def create_assessment(info: Info, input: CreateAssessmentInput) -> CreateAssessmentPayload:
        lesson_id = ids.required_pk(input.lesson_id, "Lesson", "lessonId")
        settings = given(input, apart_from=("lesson_id", "questions"))
        questions = [drafted(question) for question in input.questions or ()]
        assessment = assessment_authoring.create_assessment(
            author=info.context.person, lesson_id=lesson_id, questions=questions, **settings
        )
        return CreateAssessmentPayload(assessment_id=assessment.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Change the settings of an assessment. Attempts keep the time limit and pass mark that they "
        "started with. For the staff of the course.",
    )
    def update_assessment(info: Info, input: UpdateAssessmentInput) -> UpdateAssessmentPayload:
        assessment_id = ids.required_pk(input.assessment_id, "Assessment", "assessmentId")
        settings = changes(input, apart_from=("assessment_id",), nullable=_NULLABLE)
        if "time_limit_minutes" in settings:
            settings["time_limit_minutes"] = settings["time_limit_minutes"] or 0
        assessment = assessment_authoring.update_assessment(
            author=info.context.person, assessment_id=assessment_id, **settings
        )
        return UpdateAssessmentPayload(assessment_id=assessment.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Delete an assessment without attempts. For the staff of the course.",
    )
    def delete_assessment(info: Info, input: DeleteAssessmentInput) -> DeleteAssessmentPayload:
        assessment_id = ids.required_pk(input.assessment_id, "Assessment", "assessmentId")
        assessment_authoring.delete_assessment(author=info.context.person, assessment_id=assessment_id)
        return DeleteAssessmentPayload(deleted_assessment_id=input.assessment_id)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Add a question at the end of an assessment. For the staff of the course.",
    )
    def create_question(info: Info, input: CreateQuestionInput) -> CreateQuestionPayload:
        assessment_id = ids.required_pk(input.assessment_id, "Assessment", "assessmentId")
        question = question_authoring.create_question(
            author=info.context.person, assessment_id=assessment_id, draft=drafted(input.question)
        )
        return CreateQuestionPayload(question_id=question.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Change a question and its answer key. Existing results change only by `applyRegrade`. For "
        "the staff of the course.",
    )
    def update_question(info: Info, input: UpdateQuestionInput) -> UpdateQuestionPayload:
        question_id = ids.required_pk(input.question_id, "Question", "questionId")
        question = question_editing.update_question(
            author=info.context.person, question_id=question_id, draft=redrafted(input.question)
        )
        return UpdateQuestionPayload(question_id=question.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Delete a question that is part of no attempt. For the staff of the course.",
    )
    def delete_question(info: Info, input: DeleteQuestionInput) -> DeleteQuestionPayload:
        question_id = ids.required_pk(input.question_id, "Question", "questionId")
        question_authoring.delete_question(author=info.context.person, question_id=question_id)
        return DeleteQuestionPayload(deleted_question_id=input.question_id)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Reorder the questions of an assessment. Attempts keep the order they started with. For the "
        "staff of the course.",
    )
    def reorder_questions(info: Info, input: ReorderQuestionsInput) -> ReorderQuestionsPayload:
        assessment_id = ids.required_pk(input.assessment_id, "Assessment", "assessmentId")
        question_ids = [
            ids.required_pk(global_id, "Question", "questionIds", str(place))
            for place, global_id in enumerate(input.question_ids)
        ]
        assessment = question_authoring.reorder_questions(
            author=info.context.person, assessment_id=assessment_id, question_ids=question_ids
        )
        return ReorderQuestionsPayload(assessment_id=assessment.pk)
