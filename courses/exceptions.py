"""Every refusal of the domain: one class for each code that the API answers with.

A refusal is no failure: something that a person asked for cannot be done, and the sentence says what to
do instead. Services and models raise them; schema turns them into `userErrors`.
"""

from collections.abc import Sequence
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - being refused is no error
    """Something that was asked for cannot be done.

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
    """A value breaks a rule of its field."""

    code = "INVALID"
    message = "This value is not valid. Please correct it and try again."


class Required(Refusal):
    """A value that is needed was not given."""

    code = "REQUIRED"
    message = "This is needed. Please fill it in."


class NotFound(Refusal):
    """There is no such thing, or the viewer may not know of it: the two are one answer."""

    code = "NOT_FOUND"
    message = "There is nothing here with this id that you may see. Please check the id."


class PermissionDenied(Refusal):
    """The viewer may see the thing, but not do this with it."""

    code = "PERMISSION_DENIED"
    message = "You may not do this. Please ask an instructor of the course."


class Conflict(Refusal):
    """What was asked for contradicts what is stored."""

    code = "CONFLICT"
    message = "This contradicts what is stored already. Please load it again and repeat your change."


class NotEnrolled(Refusal):
    """Only people who take the course may do this."""

    code = "NOT_ENROLLED"
    message = "You are not enrolled in this course. Please enroll first."


class AttemptLimitReached(Refusal):
    """Every allowed attempt was used."""

    code = "ATTEMPT_LIMIT_REACHED"
    message = "You have used all attempts of this assessment. Your results are under your attempts."


class AttemptClosed(Refusal):
    """A person has ended the attempt."""

    code = "ATTEMPT_CLOSED"
    message = "This attempt has been handed in and can no longer be changed."


class TimeExpired(Refusal):
    """The time of the attempt ran out."""

    code = "TIME_EXPIRED"
    message = "The time for this attempt is over. Everything saved before the end has been handed in."


class StaleRevision(Refusal):
    """The answers were changed since the client last read them, as with two open tabs."""

    code = "STALE_REVISION"
    message = "Your answers were changed elsewhere, perhaps in another tab. Please load the attempt again."


class ResponseMismatch(Refusal):
    """A response does not fit the question it is for."""

    code = "RESPONSE_MISMATCH"
    message = "This response does not fit its question. Please answer with what the question offers."


class AlreadyReviewed(Refusal):
    """A person reviews a course once."""

    code = "ALREADY_REVIEWED"
    message = "You have reviewed this course already. You can edit your review instead."


class OwnReview(Refusal):
    """Nobody votes on a review of their own."""

    code = "OWN_REVIEW"
    message = "You cannot vote on your own review."


class AssessmentNotReady(Refusal):
    """A question of the assessment is not complete, so nobody can start it."""

    code = "ASSESSMENT_NOT_READY"
    message = "This assessment cannot be started yet. Please tell an instructor of the course."


class QuestionInUse(Refusal):
    """A question that learners have answered keeps its type and its answers."""

    code = "QUESTION_IN_USE"
    message = "Learners have answered this question, so it cannot be removed or change its type."


class TooManyTags(Refusal):
    """A note carries at most ten tags."""

    code = "TOO_MANY_TAGS"
    message = "A note can have at most 10 tags. Please remove some."


class TokenScopeMissing(Refusal):
    """The access token was not made for this."""

    code = "TOKEN_SCOPE_MISSING"
    message = "Your access token does not allow this. Please create one with the scope that is needed."
