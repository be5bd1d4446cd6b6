"""Event feed: thin records of changes, for partners who follow them.

An event names what has changed and never tells what it is now: readers ask for that, with their own rights. Ids of
courses, learners and subjects are no foreign keys, so that writing an event locks nothing and an event outlives what it
is about.
"""

from django.db import models
from django.db.models import Q

from courses.constants import EVENTS_FOR_LEARNERS, EventType
from courses.utils.model_helpers import StampField, defaults_to
from courses.utils.traces import LONGEST_TRACEPARENT


class EventMixin(models.Model):
    """Change of one subject: an attempt, enrolment, lesson, review, assessment or course, as the type says."""

    type = models.CharField(max_length=40, choices=EventType.choices, help_text="Kind of change.")
    occurred_at = StampField(auto_now_add=True, help_text="When it was written.")
    subject_id = models.BigIntegerField(
        help_text="Primary key of what has changed; its kind follows from the type."
    )
    course_id = models.BigIntegerField(help_text="Primary key of the course that it belongs to.")
    learner_id = models.BigIntegerField(
        null=True, blank=True, help_text="Primary key of the learner or author whose it is. Null: nobody's."
    )
    revision = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Revision of the attempt after the change. Null: not about an attempt.",
    )
    traceparent = models.CharField(
        max_length=LONGEST_TRACEPARENT,
        blank=True,
        **defaults_to(""),
        help_text="Trace of the request that made the change (W3C Trace Context). Empty: none was sent.",
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_type_is_known", condition=Q(type__in=EventType.values)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"


class PendingEvent(EventMixin):
    """Event in the outbox: written in the transaction of the change, and moved to the feed after its commit."""

    class Meta(EventMixin.Meta):
        pass


class Event(EventMixin):
    """Event in the feed. Positions ascend by one, in the order in which events become visible; only the oldest go."""

    id = models.BigIntegerField(primary_key=True, help_text="Position in the feed, from 1.")

    class Meta(EventMixin.Meta):
        indexes = [
            models.Index(fields=["course_id", "id"], name="event_by_course"),
            models.Index(
                fields=["learner_id", "id"], name="event_by_learner", condition=Q(learner_id__isnull=False)
            ),
            models.Index(
                fields=["course_id", "id"],
                name="event_for_learners",
                condition=Q(type__in=EVENTS_FOR_LEARNERS),
            ),
        ]
