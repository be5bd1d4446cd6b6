"""Every mutation of the schema with somebody who may call it, an input, and another input, in a world of its own."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib.auth.models import Permission
from graphql import get_named_type, is_leaf_type

from courses.models import User
from courses.selectors.events import encode_cursor
from schema.core import ids
from schema.core.ids import KINDS
from schema.root import schema
from tests import factories

PASSWORD = "correct horse battery staple"
PUBLIC_URL = "https://9.9.9.9/events"
"""Address of a receiver without a name, so that none is looked up."""


class World:
    """A course with one of everything that a mutation is about."""

    def __init__(self) -> None:
        self.author = factories.make_user()
        self.author.user_permissions.add(Permission.objects.get(codename="add_course"))
        self.second, self.stranger = factories.make_user(), factories.make_user()
        self.course = factories.make_course(instructors=(self.author, self.second))
        self.open_course = factories.make_course(instructors=(self.second,))
        self.lesson, self.later, self.empty = (factories.make_lesson(course=self.course) for _ in range(3))
        self.assessment = factories.make_assessment(lesson=self.lesson, max_attempts=5, time_limit=30)
        self.question = factories.short_answer(self.assessment, "this", question_text="Which?")
        self.essay = factories.essay(self.assessment, question_text="Essay?")
        self.draft = factories.make_assessment(lesson=self.later)
        self.unused = [factories.single_choice(self.draft) for _ in range(2)]
        self.learner = factories.make_learner(self.course)
        self.classmate = factories.make_learner(self.course)
        self.attempt = factories.make_attempt(self.learner, self.assessment)
        self.done = factories.make_attempt(self.classmate, self.assessment)
        factories.answer(self.done, self.question, {"text": "that"})
        self.task = factories.answer(self.done, self.essay, {"text": "Mine."})
        self.done.complete()
        self.question.answers.update(answer_text="that")  # the key is corrected: a regrade changes something
        self.review = factories.make_review(self.classmate, self.course)
        self.note = factories.make_note(self.learner, self.lesson)
        self.notification = factories.make_notification(self.learner)
        self.token = factories.make_access_token(self.learner, f"cat_{self.learner.pk:040}")
        self.accommodation = factories.accommodate(self.classmate, self.assessment, extra_minutes=5)
        self.event = factories.make_event(self.course)
        self.endpoint = factories.make_webhook_endpoint(self.author, position=self.event.pk)


class Call(NamedTuple):
    """Somebody's call of a mutation, and another input of it."""

    viewer: User
    input: dict[str, Any]
    other: dict[str, Any]


def id_of(row: Any) -> str:
    """The global id of a row."""
    return ids.encode(type(row).__name__, row.pk)


def _question(text: str) -> dict[str, Any]:
    return {"type": "SHORT_ANSWER", "text": text, "answers": [{"text": "this", "isCorrect": True}]}


def _call(person: str, other: dict[str, Any], **given: Any) -> Callable[[World], Call]:
    """A call whose input names rows of the world as `name__row`; `other` is what differs in the other input."""

    def make(world: World) -> Call:
        filled = {name: value(world) if callable(value) else value for name, value in given.items()}
        return Call(getattr(world, person), filled, filled | other)

    return make


def _row(name: str) -> Callable[[World], str]:
    return lambda world: id_of(getattr(world, name))


def _task(world: World) -> str:
    return ids.encode("GradingTask", world.task.pk)


def _new_course(world: World) -> Call:
    given = {"title": "New", "slug": f"new-{world.course.pk}"}
    return Call(world.author, given, given | {"title": "Newer"})


def _answers(text: str) -> Callable[[World], list[Any]]:
    return lambda world: [{"questionId": id_of(world.question), "response": {"text": text}}]


def _delete_account(world: World) -> Call:
    world.stranger.set_password(PASSWORD)
    world.stranger.save()
    return Call(world.stranger, {"password": PASSWORD}, {"password": "another"})


MISSING = {"assessmentId": ids.encode("Assessment", 2**40), "courseId": ids.encode("Course", 2**40)}
_ENDPOINT = {"webhookEndpointId": ids.encode("WebhookEndpoint", 2**40)}
_COURSE, _LESSON = {"courseId": MISSING["courseId"]}, {"lessonId": ids.encode("Lesson", 2**40)}
_ASSESSMENT, _ATTEMPT = (
    {"assessmentId": MISSING["assessmentId"]},
    {"attemptId": ids.encode("AssessmentAttempt", 9)},
)

CALLS: dict[str, Callable[[World], Call]] = {
    "addInstructor": lambda world: Call(
        world.author,
        {"courseId": id_of(world.course), "username": world.stranger.username},
        {"courseId": id_of(world.course), "username": world.learner.username},
    ),
    "announce": _call(
        "author", {"title": "Later"}, courseId=_row("course"), title="Now", message="It begins."
    ),
    "applyRegrade": _call("author", {"policy": "FULL_CREDIT"}, assessmentId=_row("assessment")),
    "closeAttempt": _call("author", {"reason": "Ill."}, attemptId=_row("attempt")),
    "completeAttempt": _call("learner", _ATTEMPT, attemptId=_row("attempt"), answers=_answers("this")),
    "completeLesson": _call("learner", _LESSON, lessonId=_row("lesson")),
    "createAccessToken": _call("learner", {"name": "b"}, name="a", scopes=["courses:read"]),
    "createAssessment": _call(
        "author", {"title": "Another"}, lessonId=_row("empty"), title="Quiz", questions=[_question("What?")]
    ),
    "createCourse": _new_course,
    "createLesson": _call("author", {"title": "Two"}, courseId=_row("course"), title="One"),
    "createNote": _call("learner", {"tags": ["b"]}, lessonId=_row("lesson"), content="Finer.", tags=["a"]),
    "createQuestion": _call(
        "author", {"question": _question("Who?")}, assessmentId=_row("draft"), question=_question("What?")
    ),
    "createReview": _call(
        "learner", {"rating": 5}, courseId=_row("course"), rating=4, title="Good", content="Well explained."
    ),
    "createWebhookEndpoint": _call(
        "author", {"format": "NATIVE"}, url=PUBLIC_URL, types=["COURSE_CHANGED"], courseId=_row("course")
    ),
    "deleteAccount": _delete_account,
    "deleteAssessment": _call("author", _ASSESSMENT, assessmentId=_row("draft")),
    "deleteCourse": _call("second", _COURSE, courseId=_row("open_course")),
    "deleteLesson": _call("author", _LESSON, lessonId=_row("empty")),
    "deleteNote": _call("learner", {"noteId": ids.encode("Note", 9)}, noteId=_row("note")),
    "deleteQuestion": _call(
        "author", {"questionId": ids.encode("Question", 9)}, questionId=lambda world: id_of(world.unused[0])
    ),
    "deleteReview": _call("classmate", {"reviewId": ids.encode("Review", 9)}, reviewId=_row("review")),
    "deleteWebhookEndpoint": _call("author", _ENDPOINT, webhookEndpointId=_row("endpoint")),
    "enroll": _call("stranger", _COURSE, courseId=_row("course")),
    "explainGrade": _call(
        "author",
        {"questionId": ids.encode("Question", 9)},
        attemptId=_row("done"),
        questionId=_row("question"),
    ),
    "extendAttempt": _call("author", {"minutes": 6}, attemptId=_row("attempt"), minutes=5),
    "flagQuestion": _call(
        "learner",
        {"isFlagged": False},
        attemptId=_row("attempt"),
        questionId=_row("question"),
        isFlagged=True,
    ),
    "gradeAnswer": _call("author", {"points": 0}, taskId=_task, points=1, feedback="Good."),
    "grantAccommodation": _call(
        "author",
        {"timeFactor": "2"},
        learnerIds=lambda world: [id_of(world.learner), ids.encode("User", 2**40)],
        courseId=_row("course"),
        timeFactor="1.5",
    ),
    "markAllNotificationsRead": _call("learner", {"courseId": None}, courseId=_row("course")),
    "markNotificationRead": _call(
        "learner",
        {"notificationId": ids.encode("Notification", 2**40)},
        notificationId=_row("notification"),
    ),
    "moderateReview": _call("author", {"isFeatured": True}, reviewId=_row("review"), isApproved=True),
    "pingWebhookEndpoint": _call("author", _ENDPOINT, webhookEndpointId=_row("endpoint")),
    "previewRegrade": _call("author", {"policy": "FULL_CREDIT"}, assessmentId=_row("assessment")),
    "recordActivity": _call(
        "learner", {"data": {"from": 2.5}}, type="VIEW_COURSE", courseId=_row("course"), data={"from": 1.5}
    ),
    "removeInstructor": _call(
        "author", {"userId": ids.encode("User", 2**40)}, courseId=_row("course"), userId=_row("second")
    ),
    "reorderLessons": lambda world: Call(
        world.author,
        {
            "courseId": id_of(world.course),
            "lessonIds": list(map(id_of, [world.empty, world.later, world.lesson])),
        },
        {
            "courseId": id_of(world.course),
            "lessonIds": list(map(id_of, [world.later, world.empty, world.lesson])),
        },
    ),
    "reorderQuestions": lambda world: Call(
        world.author,
        {"assessmentId": id_of(world.draft), "questionIds": [id_of(each) for each in reversed(world.unused)]},
        {"assessmentId": id_of(world.draft), "questionIds": [id_of(each) for each in world.unused]},
    ),
    "replayWebhookDeliveries": lambda world: Call(
        world.author,
        {"webhookEndpointId": id_of(world.endpoint), "after": encode_cursor(world.event.pk - 1)},
        {"webhookEndpointId": id_of(world.endpoint), "after": encode_cursor(world.event.pk)},
    ),
    "revokeAccessToken": _call(
        "learner", {"accessTokenId": ids.encode("AccessToken", 2**40)}, accessTokenId=_row("token")
    ),
    "revokeAccommodation": _call(
        "author",
        {"accommodationId": ids.encode("Accommodation", 2**40)},
        accommodationId=_row("accommodation"),
    ),
    "rotateWebhookSecret": _call("author", _ENDPOINT, webhookEndpointId=_row("endpoint")),
    "startAttempt": _call("classmate", _ASSESSMENT, assessmentId=_row("assessment")),
    "startExport": _call("author", {"kind": "REVIEWS"}, kind="GRADES", courseId=_row("course")),
    "submitAnswers": _call(
        "learner", {"baseRevision": 0}, attemptId=_row("attempt"), answers=_answers("that")
    ),
    "tryGrade": _call(
        "author", {"decimalComma": True}, question=_question("What?"), responses=[{"text": "this"}]
    ),
    "updateAssessment": _call(
        "author", {"opensAt": None}, assessmentId=_row("draft"), title="B?", opensAt="2026-01-01T00:00:00Z"
    ),
    "updateCourse": _call("author", {"price": "2.50"}, courseId=_row("course"), price="1.50"),
    "updateEnrollments": _call(
        "author",
        {"action": "WITHDRAW"},
        courseId=_row("course"),
        usernames=lambda world: [world.stranger.username, "nobody"],
        action="ENROLL",
    ),
    "updateLesson": _call(
        "author",
        {"resources": []},
        lessonId=_row("lesson"),
        resources=[{"title": "Slides", "url": "https://a.example/1", "kind": "DOCUMENT"}],
    ),
    "updateNote": _call("learner", {"content": "Coarser."}, noteId=_row("note"), content="Finer."),
    "updateProfile": _call("learner", {"displayName": "Vera"}, displayName="Mira"),
    "updateQuestion": _call(
        "author",
        {"question": _question("Who?")},
        questionId=lambda world: id_of(world.unused[0]),
        question=_question("What?"),
    ),
    "updateReview": _call("classmate", {"rating": 1}, reviewId=_row("review"), rating=2),
    "updateWebhookEndpoint": _call(
        "author", {"isEnabled": None}, webhookEndpointId=_row("endpoint"), types=[], isEnabled=False
    ),
    "voteReviewHelpful": _call("learner", {"helpful": False}, reviewId=_row("review"), helpful=True),
    "withdraw": _call("learner", _COURSE, courseId=_row("course")),
}

WRITE_NOTHING = {"explainGrade", "previewRegrade", "tryGrade"}


def document_of(name: str) -> str:
    """The mutation, with everything of its payload: of nodes the id, which tells which they are."""
    graph = schema._schema
    assert graph.mutation_type is not None
    field = graph.mutation_type.fields[name]
    return f"""mutation($input: {field.args["input"].type}) {{
        {name}(input: $input) {{ {_selection(get_named_type(field.type))} }} }}"""


def _selection(type_: Any) -> str:
    if type_.name in KINDS:
        return "id"
    fields = [
        each
        if is_leaf_type(get_named_type(field.type))
        else f"{each} {{ {_selection(get_named_type(field.type))} }}"
        for each, field in type_.fields.items()
    ]
    return " ".join(fields)
