"""Refusals of the domain: one class for each error code of the API.

A refusal is no failure: something that a person asked for cannot be done, and the sentence says what to
do instead. Services and models raise them; schema turns them into `userErrors`.
"""

from collections.abc import Sequence
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - being refused is no error
    """Rejection of something that was asked for.

    `code` names the reason for programs, `message` says it to people, and `field` is the path inside the
    input that it is about, such as `("answers", "0", "response")`, or None when it is about no one part.
    """

    code: ClassVar[str]
    message: str

    def __init__(self, message: str | None = None, field: Sequence[str] | None = None) -> None:
        self.message = message or type(self).message
        self.field = tuple(field) if field is not None else None
        super().__init__(self.message)


class Invalid(Refusal):
    """A value is not valid: it breaks a rule of its field."""

    code = "INVALID"
    message = "This value is not valid. Please correct it and try again."


class Required(Refusal):
    """A required value is missing or null."""

    code = "REQUIRED"
    message = "This is needed. Please fill it in."


class NotFound(Refusal):
    """The object does not exist or is not visible to the viewer; the two cases are not told apart."""

    code = "NOT_FOUND"
    message = "There is nothing here with this id that you may see. Please check the id."


class PermissionDenied(Refusal):
    """The viewer may see the object, but not do this with it."""

    code = "PERMISSION_DENIED"
    message = "You may not do this. Please ask an instructor of the course."


class Conflict(Refusal):
    """The change contradicts the stored state: read it again before another try."""

    code = "CONFLICT"
    message = "This contradicts what is stored already. Please load it again and repeat your change."


class KeyReused(Refusal):
    """The idempotency key was sent before, with another mutation or another input."""

    code = "KEY_REUSED"
    message = (
        "This idempotency key was sent before, with another mutation or another input. Please repeat a request "
        "unchanged, and make a new key for a new one."
    )


class NotEnrolled(Refusal):
    """Only people who are enrolled in the course may do this."""

    code = "NOT_ENROLLED"
    message = "You are not enrolled in this course. Please enroll first."


class AttemptLimitReached(Refusal):
    """The learner has used all attempts that the assessment allows."""

    code = "ATTEMPT_LIMIT_REACHED"
    message = "You have used all attempts of this assessment. Your results are under your attempts."


class NotOpenYet(Refusal):
    """The assessment opens later for the learner, at a moment that the message names."""

    code = "NOT_OPEN_YET"
    message = "This assessment is not open yet. Please come back later."


class AlreadyClosed(Refusal):
    """The assessment has closed for the learner, at a moment that the message names."""

    code = "ALREADY_CLOSED"
    message = "This assessment is closed. If you need more time, please ask an instructor of the course."


class AnswerKeySeen(Refusal):
    """The learner could see the right answers of an earlier attempt, so a further one would prove nothing."""

    code = "ANSWER_KEY_SEEN"
    message = (
        "You could see the right answers after an earlier attempt. Your results are under your attempts; an "
        "instructor of the course can allow a further one."
    )


class AttemptClosed(Refusal):
    """The attempt was handed in or closed, and cannot be changed."""

    code = "ATTEMPT_CLOSED"
    message = "This attempt has been handed in and can no longer be changed."


class TimeExpired(Refusal):
    """The deadline of the attempt has passed; what was saved in time is handed in."""

    code = "TIME_EXPIRED"
    message = "The time for this attempt is over. Everything saved before the end has been handed in."


class StaleRevision(Refusal):
    """Optimistic concurrency: the responses were changed since `baseRevision`, for example in another tab."""

    code = "STALE_REVISION"
    message = "Your answers were changed elsewhere, perhaps in another tab. Please load the attempt again."


class ResponseMismatch(Refusal):
    """A response does not fit the type or the choices of its question."""

    code = "RESPONSE_MISMATCH"
    message = "This response does not fit its question. Please answer with what the question offers."


class AlreadyReviewed(Refusal):
    """The person has reviewed this course already; there is one review for each course."""

    code = "ALREADY_REVIEWED"
    message = "You have reviewed this course already. You can edit your review instead."


class OwnReview(Refusal):
    """The review is the viewer's own, on which they cannot vote."""

    code = "OWN_REVIEW"
    message = "You cannot vote on your own review."


class AssessmentNotReady(Refusal):
    """The assessment cannot be started, because a question of it is incomplete."""

    code = "ASSESSMENT_NOT_READY"
    message = "This assessment cannot be started yet. Please tell an instructor of the course."


class QuestionInUse(Refusal):
    """Learners use the question: it cannot be deleted, nor change its type or the answers they picked."""

    code = "QUESTION_IN_USE"
    message = "Learners have answered this question, so it cannot be removed or change its type."


class InUse(Refusal):
    """Learners would lose attempts, lesson completions, notes or reviews with it. An enrolment alone is no reason."""

    code = "IN_USE"
    message = "Learners would lose work of theirs with this, so it cannot be removed."


class TooManyTags(Refusal):
    """The note has more than 10 tags."""

    code = "TOO_MANY_TAGS"
    message = "A note can have at most 10 tags. Please remove some."


class TooManyExports(Refusal):
    """Two exports of the person, or of the partner for the person, are running already."""

    code = "TOO_MANY_EXPORTS"
    message = "Two of your exports are still running. Please wait until one of them is ready."


class TokenScopeMissing(Refusal):
    """The access token lacks the scope that is needed."""

    code = "TOKEN_SCOPE_MISSING"
    message = "Your access token does not allow this. Please create one with the scope that is needed."
