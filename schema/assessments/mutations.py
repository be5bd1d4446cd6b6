"""Writing assessments and their questions: for the staff of the course."""

import strawberry

from courses import models
from courses.services import assessment_authoring, question_authoring, question_editing
from schema.assessments.inputs import QuestionInput, drafted, redrafted
from schema.assessments.types import Assessment, Question
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import changes, given, like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import assessments as loaders

TIME_LIMIT = "How long an attempt may take, in minutes. Null: as long as one likes."


@strawberry.input(description="A new assessment: how it is taken, and its questions.")
class CreateAssessmentInput:
    lesson_id: strawberry.ID = strawberry.field(description="A lesson without an assessment.")
    title: str = required_like(models.Assessment, "title")
    description: str | None = like(models.Assessment, "description")
    passing_score: int | None = like(models.Assessment, "passing_score")
    max_attempts: int | None = like(models.Assessment, "max_attempts")
    time_limit_minutes: int | None = strawberry.field(default=strawberry.UNSET, description=TIME_LIMIT)
    randomize_questions: bool | None = like(models.Assessment, "randomize_questions")
    show_results: bool | None = like(models.Assessment, "show_results")
    show_correct_answers: bool | None = like(models.Assessment, "show_correct_answers")
    questions: list[QuestionInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Its questions, in their order."
    )


@strawberry.type(description="The new assessment.")
class CreateAssessmentPayload(Payload):
    assessment_id: strawberry.Private[int | None] = None
    assessment: Assessment | None = declared(loaders.assessment_of, "The new assessment.")


@strawberry.input(description="What to change of an assessment. What is left out stays as it is.")
class UpdateAssessmentInput:
    assessment_id: strawberry.ID = strawberry.field(description="An assessment that the viewer may edit.")
    title: str | None = like(models.Assessment, "title")
    description: str | None = like(models.Assessment, "description")
    passing_score: int | None = like(models.Assessment, "passing_score")
    max_attempts: int | None = like(models.Assessment, "max_attempts")
    time_limit_minutes: int | None = strawberry.field(default=strawberry.UNSET, description=TIME_LIMIT)
    randomize_questions: bool | None = like(models.Assessment, "randomize_questions")
    show_results: bool | None = like(models.Assessment, "show_results")
    show_correct_answers: bool | None = like(models.Assessment, "show_correct_answers")


@strawberry.type(description="The assessment, as it is now.")
class UpdateAssessmentPayload(Payload):
    assessment_id: strawberry.Private[int | None] = None
    assessment: Assessment | None = declared(loaders.assessment_of, "The assessment, as it is now.")


@strawberry.input(description="Which assessment to remove.")
class DeleteAssessmentInput:
    assessment_id: strawberry.ID = strawberry.field(
        description="An assessment that nobody has begun to take."
    )


@strawberry.type(description="The assessment that is no longer there.")
class DeleteAssessmentPayload(Payload):
    deleted_assessment_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that it had."
    )


@strawberry.input(description="A question to add at the end of an assessment.")
class CreateQuestionInput:
    assessment_id: strawberry.ID = strawberry.field(description="An assessment that the viewer may edit.")
    question: QuestionInput = strawberry.field(description="The new question.")


@strawberry.type(description="The new question.")
class CreateQuestionPayload(Payload):
    question_id: strawberry.Private[int | None] = None
    question: Question | None = declared(loaders.question_of, "The new question.")


@strawberry.input(description="How a question should be.")
class UpdateQuestionInput:
    question_id: strawberry.ID = strawberry.field(description="A question that the viewer may edit.")
    question: QuestionInput = strawberry.field(
        description=(
            "The question as it should be. `points`, `explanation`, `scoring` and `answers` stay as they are when "
            "they are left out. Answers that stay the same keep their ids, edited ones are changed in place, in "
            "their order, and those left over are removed, unless learners have picked one or still can."
        )
    )


@strawberry.type(description="The question, as it is now.")
class UpdateQuestionPayload(Payload):
    question_id: strawberry.Private[int | None] = None
    question: Question | None = declared(loaders.question_of, "The question, as it is now.")


@strawberry.input(description="Which question to remove.")
class DeleteQuestionInput:
    question_id: strawberry.ID = strawberry.field(description="A question that no attempt has.")


@strawberry.type(description="The question that is no longer there.")
class DeleteQuestionPayload(Payload):
    deleted_question_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that it had."
    )


@strawberry.input(description="The order that the questions of an assessment should have.")
class ReorderQuestionsInput:
    assessment_id: strawberry.ID = strawberry.field(description="An assessment that the viewer may edit.")
    question_ids: list[strawberry.ID] = strawberry.field(description="All its questions, each exactly once.")


@strawberry.type(description="The assessment, with its questions in their new order.")
class ReorderQuestionsPayload(Payload):
    assessment_id: strawberry.Private[int | None] = None
    assessment: Assessment | None = declared(loaders.assessment_of, "The assessment, as it is now.")


@strawberry.type
class AssessmentMutation:
    @mutation(
        scope=Scope.COURSES_WRITE, description="Create the assessment of a lesson, whole or not at all."
    )
    def create_assessment(info: Info, input: CreateAssessmentInput) -> CreateAssessmentPayload:
        lesson_id = ids.required_pk(input.lesson_id, "Lesson", "lessonId")
        settings = given(input, apart_from=("lesson_id", "questions"))
        questions = [drafted(question) for question in input.questions or ()]
        assessment = assessment_authoring.create_assessment(
            author=info.context.person, lesson_id=lesson_id, questions=questions, **settings
        )
        return CreateAssessmentPayload(assessment_id=assessment.pk)

    @mutation(scope=Scope.COURSES_WRITE, description="Change how an assessment is taken from now on.")
    def update_assessment(info: Info, input: UpdateAssessmentInput) -> UpdateAssessmentPayload:
        assessment_id = ids.required_pk(input.assessment_id, "Assessment", "assessmentId")
        settings = changes(input, apart_from=("assessment_id",), nullable=("time_limit_minutes",))
        if "time_limit_minutes" in settings:
            settings["time_limit_minutes"] = settings["time_limit_minutes"] or 0
        assessment = assessment_authoring.update_assessment(
            author=info.context.person, assessment_id=assessment_id, **settings
        )
        return UpdateAssessmentPayload(assessment_id=assessment.pk)

    @mutation(scope=Scope.COURSES_WRITE, description="Remove an assessment that nobody has begun to take.")
    def delete_assessment(info: Info, input: DeleteAssessmentInput) -> DeleteAssessmentPayload:
        assessment_id = ids.required_pk(input.assessment_id, "Assessment", "assessmentId")
        assessment_authoring.delete_assessment(author=info.context.person, assessment_id=assessment_id)
        return DeleteAssessmentPayload(deleted_assessment_id=input.assessment_id)

    @mutation(scope=Scope.COURSES_WRITE, description="Add a question at the end of an assessment.")
    def create_question(info: Info, input: CreateQuestionInput) -> CreateQuestionPayload:
        assessment_id = ids.required_pk(input.assessment_id, "Assessment", "assessmentId")
        question = question_authoring.create_question(
            author=info.context.person, assessment_id=assessment_id, draft=drafted(input.question)
        )
        return CreateQuestionPayload(question_id=question.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Change a question and its key. Results that exist change only by `applyRegrade`.",
    )
    def update_question(info: Info, input: UpdateQuestionInput) -> UpdateQuestionPayload:
        question_id = ids.required_pk(input.question_id, "Question", "questionId")
        question = question_editing.update_question(
            author=info.context.person, question_id=question_id, draft=redrafted(input.question)
        )
        return UpdateQuestionPayload(question_id=question.pk)

    @mutation(scope=Scope.COURSES_WRITE, description="Remove a question that no attempt has.")
    def delete_question(info: Info, input: DeleteQuestionInput) -> DeleteQuestionPayload:
        question_id = ids.required_pk(input.question_id, "Question", "questionId")
        question_authoring.delete_question(author=info.context.person, question_id=question_id)
        return DeleteQuestionPayload(deleted_question_id=input.question_id)

    @mutation(scope=Scope.COURSES_WRITE, description="Put the questions of an assessment into another order.")
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
