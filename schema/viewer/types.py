"""Output type of the viewer's own account, with everything that is theirs."""

import strawberry

from courses.constants import Scope
from schema.accommodations.filters import accommodations_page
from schema.accommodations.types import Accommodation
from schema.activity.filters import activity_of_viewer
from schema.activity.types import UserActivity
from schema.attempts.filters import attempts_of_viewer
from schema.attempts.types import AssessmentAttempt
from schema.catalog.filters import NEWEST_ENROLLMENT, ChangedEnrollments
from schema.catalog.types import Enrollment
from schema.core.connections import After, Before, Connection, First, Last, page_request
from schema.core.fields import declared, same_row
from schema.core.orders import changed_since
from schema.dataloaders import accommodations as accommodation_loaders
from schema.dataloaders import activity as activity_loaders
from schema.dataloaders import attempts as attempt_loaders
from schema.dataloaders import catalog as catalog_loaders
from schema.dataloaders import exports as export_loaders
from schema.dataloaders import notes as note_loaders
from schema.dataloaders import notifications as notification_loaders
from schema.dataloaders import reviews as review_loaders
from schema.dataloaders import statistics as statistics_loaders
from schema.dataloaders import tokens as token_loaders
from schema.dataloaders import webhooks as webhook_loaders
from schema.dataloaders.paging import PageRequest
from schema.exports.types import Export
from schema.notes.filters import notes_of_viewer
from schema.notes.types import Note
from schema.notifications.filters import notifications_of_viewer
from schema.notifications.types import Notification
from schema.people.types import User
from schema.reviews.filters import reviews_of_viewer
from schema.reviews.types import Review
from schema.statistics.types import UserStatistics
from schema.tokens.types import AccessToken
from schema.webhooks.types import WebhookEndpoint


def enrollments_page(
    updated_since: ChangedEnrollments = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    where = changed_since(updated_since)
    return page_request(
        first=first, after=after, last=last, before=before, order=NEWEST_ENROLLMENT, where=where
    )


@strawberry.type(name="Viewer", description="The signed-in person who asks, with everything that is theirs.")
class OwnAccount:
    enrollments: Connection[Enrollment] = declared(
        catalog_loaders.enrollments_of_viewer,
        "Enrolments of the viewer, withdrawn ones included, newest first.",
        request=enrollments_page,
    )
    attempts: Connection[AssessmentAttempt] = declared(
        attempt_loaders.attempts_of_viewer,
        "Attempts of the viewer at assessments.",
        request=attempts_of_viewer,
    )
    accommodations: Connection[Accommodation] = declared(
        accommodation_loaders.accommodations_of_viewer,
        "Accommodations of the viewer, newest first.",
        request=accommodations_page,
    )
    reviews: Connection[Review] = declared(
        review_loaders.reviews_of_viewer, "Reviews by the viewer, newest first.", request=reviews_of_viewer
    )
    notes: Connection[Note] = declared(
        note_loaders.notes_of_viewer,
        "Notes by the viewer, newest first, or with `search` by relevance.",
        request=notes_of_viewer,
    )
    activity: Connection[UserActivity] = declared(
        activity_loaders.activity_of_viewer,
        "Activity of the viewer on the platform.",
        request=activity_of_viewer,
    )
    notifications: Connection[Notification] = declared(
        notification_loaders.notifications_of_viewer,
        "Notifications to the viewer, newest first.",
        request=notifications_of_viewer,
    )
    unread_notification_count: int = declared(
        notification_loaders.unread_count_of_viewer,
        "Number of unread notifications.",
        scope=Scope.NOTIFICATIONS_READ,
    )
    statistics: UserStatistics = declared(
        statistics_loaders.statistics_of_viewer,
        "Statistics of the viewer's learning.",
        scope=Scope.STATISTICS_READ,
    )
    access_tokens: list[AccessToken] = declared(
        token_loaders.access_tokens_of_viewer,
        "Access tokens of the viewer that were not revoked, expired ones included, newest first.",
    )
    exports: list[Export] = declared(
        export_loaders.exports_of_viewer,
        "Exports of the viewer, newest first; for 30 days after they have expired.",
    )
    webhook_endpoints: list[WebhookEndpoint] = declared(
        webhook_loaders.webhook_endpoints_of_viewer, "Webhook endpoints of the viewer, newest first."
    )

    user: User = same_row("Public profile of the viewer, with the private fields filled.")
