"""Output types of the event feed."""

from datetime import datetime

import strawberry

from courses import models
from courses.selectors.events import Passage, encode_cursor, subject_type
from schema.catalog.types import Course
from schema.core import ids
from schema.core.enums import EventType
from schema.core.fields import column, computed, declared, described
from schema.dataloaders import events as loaders
from schema.people.types import User


@strawberry.type(
    description="Event of the feed: it names what has changed, and when. What it is now is for the reader to ask."
)
class Event:
    type: EventType = column("type", "Kind of change.")
    occurred_at: datetime = column("occurred_at", "Time at which it was written.")
    revision: int | None = column(
        "revision", "Revision of the attempt after the change. Null for events about anything else."
    )
    course: Course | None = declared(
        loaders.course_of_event,
        "Course that it belongs to. Null when it is not visible to the viewer now, or was deleted.",
    )
    learner: User | None = declared(
        loaders.learner_of_event,
        "Learner whose attempt, enrolment or completion it is, or author of the review. Null for changes of courses "
        "and assessments, for people who were erased, and for those who are not visible to the viewer now.",
    )

    @computed("Global id: opaque, the same in every page, subscription and delivery.")
    def id(root: models.Event) -> strawberry.ID:
        return ids.encode("Event", root.pk)

    @computed(
        "Global id of the attempt, enrolment, lesson, review, assessment or course that it is about, for `node`. What "
        "was deleted, or is not visible to the viewer now, is null there.",
        columns=("type", "subject_id"),
    )
    def subject_id(root: models.Event) -> strawberry.ID:
        return ids.encode(subject_type(root.type), root.subject_id)


@strawberry.type(description="Part of the event feed, oldest first.")
class EventPage:
    events: list[Event] = described("Events after the cursor, in order.")
    has_more: bool = described(
        "Whether to ask again at once with `endCursor`: there is more after it. A page for certain `types` may be "
        "empty and have more."
    )

    @computed(
        "Cursor to go on from, also where the page is empty: it is behind everything that was looked at."
    )
    def end_cursor(root: Passage) -> str:
        return encode_cursor(root.end)
