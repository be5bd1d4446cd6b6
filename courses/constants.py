"""Closed sets of values and fixed limits of the domain. Imports nothing of the project.

The values of a set are what the database stores; its labels are sentences for people. Limits that a
deployment may change stand in config/settings.py instead.
"""

from decimal import Decimal

from django.db.models import TextChoices

# ---------------------------------------------------------------- assessments


class QuestionType(TextChoices):
    """Types of question, which decide how a response is given and graded."""

    MULTIPLE_CHOICE = "multiple_choice", "Multiple Choice"
    TRUE_FALSE = "true_false", "True/False"
    SHORT_ANSWER = "short_answer", "Short Answer"
    ESSAY = "essay", "Essay"
    MATCHING = "matching", "Matching"
    FILL_BLANK = "fill_blank", "Fill in the Blank"


class Selection(TextChoices):
    """Number of choices of a question that may be picked."""

    SINGLE = "single", "Exactly one choice is right and at most one may be picked"
    MULTIPLE = "multiple", "Several choices are right and any number may be picked"


class ScoringPolicy(TextChoices):
    """Policies of partial credit for questions with several right choices."""

    RIGHT_MINUS_WRONG = (
        "right_minus_wrong",
        "Right picks minus wrong picks, as a share of the right ones",
    )
    ALL_OR_NOTHING = "all_or_nothing", "Full credit for exactly the right picks, otherwise none"
    EVERY_DECISION = (
        "every_decision",
        "The share of options rightly picked or rightly left alone",
    )
    WEIGHTED = "weighted", "The credits of the picks added up, at least 0 and at most 1"


class TextMatch(TextChoices):
    """Rules by which a written response is compared with an accepted text, both normalised before."""

    IGNORE_CASE = "ignore_case", "Equal when upper and lower case are not told apart"
    EXACT = "exact", "Equal, upper and lower case included"
    WILDCARD = "wildcard", "Equal, where * stands for any run of characters and \\* for a star"
    NUMERIC = "numeric", "The same number, give or take the tolerance"


class ItemWarning(TextChoices):
    """Warnings about a question, drawn from its statistics."""

    NEGATIVE_DISCRIMINATION = "negative_discrimination", "Stronger learners fail it more often: check the key"
    TOO_EASY = "too_easy", "More than 95 % of the possible points were earned"
    TOO_HARD = "too_hard", "Less than 5 % of the possible points were earned"
    TOO_FEW_LEARNERS = "too_few_learners", "Fewer than ten learners: the numbers say little yet"


# ---------------------------------------------------------------- attempts and grading


class AttemptState(TextChoices):
    """States of an attempt."""

    IN_PROGRESS = "in_progress", "The learner can still answer"
    COMPLETED = "completed", "Handed in or closed: nothing can be answered any more"


class AttemptEnd(TextChoices):
    """Causes of the end of an attempt."""

    LEARNER = "learner", "The learner handed it in"
    TIMER = "timer", "The time ran out"
    STAFF = "staff", "An instructor or the platform closed it"


class AttemptAction(TextChoices):
    """Actions that the viewer may take on an attempt."""

    SUBMIT_ANSWERS = "submit_answers", "Save responses by `submitAnswers`"
    FLAG_QUESTION = "flag_question", "Flag questions by `flagQuestion`"
    COMPLETE = "complete", "Hand the attempt in by `completeAttempt`"
    VIEW_RESULTS = "view_results", "See score, pass mark and feedback"
    VIEW_ANSWER_KEY = "view_answer_key", "See the right answers and explanations"


class GradingState(TextChoices):
    """States of the grading of an attempt."""

    NOT_READY = "not_ready", "The attempt is still open"
    PENDING_MANUAL = "pending_manual", "At least one answer waits for a person"
    FULLY_GRADED = "fully_graded", "Every answer is graded"


class Correctness(TextChoices):
    """Degrees of correctness of a response."""

    CORRECT = "correct", "Full credit"
    PARTIAL = "partial", "Some credit"
    INCORRECT = "incorrect", "No credit"
    UNANSWERED = "unanswered", "Nothing was answered, so no credit"
    PENDING = "pending", "Waits for a person to grade it"


class RegradePolicy(TextChoices):
    """Policies for what a regrade may do to existing results."""

    NEVER_LOWER = "never_lower", "Take the new credit only where it is higher"
    EXACT = "exact", "Take the new credit, higher or lower"
    FULL_CREDIT = "full_credit", "Give everyone full credit"


class Intervention(TextChoices):
    """Interventions of the staff in an attempt that runs."""

    EXTENDED = "extended", "The deadline was moved to a later moment"
    CLOSED = "closed", "The attempt was ended as it stood"


class GradeChangeReason(TextChoices):
    """Reasons for a change of a grade after it was first set."""

    MANUAL = "manual", "A person graded the answer"
    REGRADE = "regrade", "The key was corrected and the answers were graded again"


# ---------------------------------------------------------------- courses and people


class EnrollmentAction(TextChoices):
    """Actions of staff on the enrolments of a course."""

    ENROLL = "enroll", "Enrol, or take a withdrawn enrolment up again"
    WITHDRAW = "withdraw", "Withdraw, and keep progress and results"


class EnrollmentStatus(TextChoices):
    """Statuses of an enrolment."""

    ACTIVE = "active", "Takes the course now"
    COMPLETED = "completed", "Has completed every lesson"
    WITHDRAWN = "withdrawn", "Has left the course"


class ResourceKind(TextChoices):
    """Kinds of material that a resource leads to."""

    DOCUMENT = "document", "A text to read"
    VIDEO = "video", "A film to watch"
    AUDIO = "audio", "A recording to listen to"
    LINK = "link", "A page on the web"
    OTHER = "other", "Anything else"


class ActivityType(TextChoices):
    """Kinds of activity on the platform."""

    VIEW_COURSE = "view_course", "Course page view"
    START_LESSON = "start_lesson", "Lesson initiation"
    COMPLETE_LESSON = "complete_lesson", "Lesson completion"
    DOWNLOAD_RESOURCE = "download_resource", "Resource download"
    TAKE_QUIZ = "take_quiz", "Assessment interaction"
    POST_COMMENT = "post_comment", "Comment creation"
    GIVE_REVIEW = "give_review", "Review submission"


class NotificationType(TextChoices):
    """Categories of notifications."""

    COURSE_UPDATE = "course_update", "Course content updates"
    REMINDER = "reminder", "Learning reminders"
    ACHIEVEMENT = "achievement", "Milestone achievements"
    ANNOUNCEMENT = "announcement", "General announcements"
    FEEDBACK = "feedback", "Feedback requests"
    CUSTOM = "custom", "Custom notifications"


class EventType(TextChoices):
    """Types of events in the feed. The first word is the kind of the subject."""

    ATTEMPT_STARTED = "attempt.started", "An attempt was started"
    ATTEMPT_SAVED = "attempt.saved", "Responses of an attempt were saved; several saves may be one event"
    ATTEMPT_COMPLETED = "attempt.completed", "An attempt was handed in, or closed by the timer or the staff"
    ATTEMPT_GRADED = "attempt.graded", "A person graded a response of an attempt"
    ATTEMPT_REGRADED = "attempt.regraded", "A regrade changed the grades of an attempt"
    ATTEMPT_EXTENDED = "attempt.extended", "The deadline of an attempt was moved to a later moment"
    ENROLLMENT_CHANGED = "enrollment.changed", "An enrolment is new, or its status or progress changed"
    LESSON_COMPLETED = "lesson.completed", "A learner completed a lesson"
    REVIEW_CREATED = "review.created", "A review was written"
    REVIEW_APPROVED = "review.approved", "A review was approved, so that everybody can read it"
    REVIEW_CHANGED = "review.changed", "A review was edited, featured, or its approval withdrawn"
    REVIEW_DELETED = "review.deleted", "A review was deleted"
    ASSESSMENT_CHANGED = (
        "assessment.changed",
        "An assessment is new, or its settings or questions changed, or it was deleted",
    )
    COURSE_CHANGED = (
        "course.changed",
        "A course is new, or its settings, lessons or instructors changed, or it was deleted",
    )


EVENTS_FOR_LEARNERS = (EventType.ASSESSMENT_CHANGED, EventType.COURSE_CHANGED)
"""Events that everybody sees who takes the course."""


class ExportKind(TextChoices):
    """Kinds of export, by what the lines of the file are about."""

    ATTEMPTS = "attempts", "Attempts with their results"
    RESPONSES = "responses", "Attempts, and after them the responses to their questions"
    GRADES = "grades", "Attempts, and after them the grades of their responses and the changes of grades"
    ENROLLMENTS = "enrollments", "Enrolments with status and progress"
    REVIEWS = "reviews", "Reviews of courses"
    ACTIVITY = "activity", "Activity of the person who exports"


class ExportStatus(TextChoices):
    """States of an export."""

    RUNNING = "running", "The file is being written, or waits to be"
    READY = "ready", "The file can be downloaded"
    FAILED = "failed", "The file could not be written; starting another export may help"
    EXPIRED = "expired", "The file is no longer there"


class EventFormat(TextChoices):
    """Formats in which a webhook tells events."""

    NATIVE = "native", "Thin JSON: type, time, ids and revision"
    XAPI = "xapi", "Statements of the Experience API (xAPI), for events of attempts"
    CALIPER = "caliper", "An envelope of Caliper 1.2, for events of attempts"


class DeliveryStatus(TextChoices):
    """States of the delivery of an event to a webhook endpoint."""

    PENDING = "pending", "Waits for its first or next try"
    DELIVERED = "delivered", "Answered with a status of success (2xx)"
    FAILED = "failed", "Given up, or not sent; a replay tries again"


class Scope(TextChoices):
    """Scopes of an access token. A browser session may do all that its person may."""

    COURSES_READ = "courses:read", "Read courses, lessons, assessments, reviews and people"
    COURSES_WRITE = (
        "courses:write",
        "Enroll, record progress and activity, change your profile, and author and staff courses",
    )
    ATTEMPTS_READ = "attempts:read", "Read attempts and results"
    ATTEMPTS_WRITE = "attempts:write", "Take assessments"
    REVIEWS_WRITE = "reviews:write", "Write, vote on and moderate reviews"
    NOTES_READ = "notes:read", "Read notes"
    NOTES_WRITE = "notes:write", "Write notes"
    NOTIFICATIONS_READ = "notifications:read", "Read notifications"
    NOTIFICATIONS_WRITE = "notifications:write", "Mark notifications as read"
    GRADING_WRITE = "grading:write", "Grade answers and correct grades"
    STATISTICS_READ = "statistics:read", "Read statistics and activity"
    EVENTS_READ = "events:read", "Follow the event feed, and manage webhooks"
    TOKENS_WRITE = "tokens:write", "See, make and revoke access tokens"


TOKEN_PREFIX = "cat_"  # noqa: S105 - it marks a secret as one of ours, and is none

# ---------------------------------------------------------------- limits
NO_CREDIT = Decimal(0)
FULL_CREDIT = Decimal(1)
LOWEST_CREDIT = Decimal(-1)
"""Minimum credit of a wrong choice, where picks are weighted."""

MAX_POINTS = 1_000_000
"""Maximum points of one question."""
MAX_QUESTIONS = 1_000
"""Maximum questions of one assessment: a billion points in all, which every reader of 32 bits can hold."""
MAX_ATTEMPTS = 1_000
MAX_TIME_LIMIT_MINUTES = 365 * 24 * 60
MAX_TIME_FACTOR = 10
MAX_ACCOMMODATED_LEARNERS = 200
"""Maximum number of learners that one call accommodates."""
MAX_REASON_LENGTH = 2_000
MAX_DURATION_SECONDS = 365 * 24 * 60 * 60
MIN_RATING = 1
MAX_RATING = 5
MIN_ASSESSMENT_TITLE_LENGTH = 2
MIN_REVIEW_CONTENT_LENGTH = 10
MAX_TAGS = 10
MIN_IDEMPOTENCY_KEY_LENGTH = 8
MAX_IDEMPOTENCY_KEY_LENGTH = 255
MAX_PEOPLE_AT_ONCE = 200
"""Maximum people that one call names."""
MAX_TAG_LENGTH = 50
MAX_EXPORTS_AT_ONCE = 2
"""Maximum number of running exports of one principal."""
MAX_RESPONSE_TEXT_LENGTH = 20_000
MAX_LONG_TEXT_LENGTH = 50_000
MAX_USER_AGENT_LENGTH = 512
MAX_WEBHOOK_ENDPOINTS = 20
"""Maximum number of webhook endpoints of one person."""
MAX_WEBHOOK_SECRETS = 5
"""Maximum number of secrets of an endpoint that are valid at once."""
MAX_REPLAYED_EVENTS = 10_000
"""Maximum number of events that one call replays."""
MAX_ACTIVITY_DATA_BYTES = 4 * 1024
MAX_ACTIVITY_DATA_DEPTH = 5

ACTIVE_STUDENT_DAYS = 30
MAX_TIME_SPENT_SECONDS = 4 * 60 * 60
SESSION_GAP_MINUTES = 30
MIN_LEARNERS_FOR_ITEM_ANALYSIS = 10
TOO_EASY_FACILITY = Decimal("0.95")
TOO_HARD_FACILITY = Decimal("0.05")
