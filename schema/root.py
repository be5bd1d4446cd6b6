"""Root types, composed of the mixins of every noun, and the schema object."""

from datetime import datetime
from decimal import Decimal

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.accommodations.mutations import AccommodationMutation
from schema.activity.mutations import ActivityMutation
from schema.assessments.mutations import AssessmentMutation
from schema.assessments.queries import AssessmentQuery
from schema.attempts.interventions import InterventionMutation
from schema.attempts.mutations import AttemptMutation
from schema.attempts.queries import AttemptQuery
from schema.attempts.subscriptions import AttemptSubscription
from schema.catalog.authoring import CatalogAuthoringMutation
from schema.catalog.mutations import CatalogMutation
from schema.catalog.queries import CatalogQuery
from schema.catalog.roster import CatalogRosterMutation
from schema.core.executor import Executor
from schema.core.nodes import NodeQuery
from schema.core.scalars import BIG_INT, DATE_TIME, DECIMAL, BigInt
from schema.events.queries import EventQuery
from schema.events.subscriptions import EventSubscription
from schema.exports.mutations import ExportMutation
from schema.grading.explaining import ExplainingMutation
from schema.grading.mutations import GradingMutation
from schema.grading.queries import GradingQuery
from schema.network.extensions import EXTENSIONS, ApiSchema
from schema.network.rate_limits import RateLimitQuery
from schema.notes.mutations import NoteMutation
from schema.notifications.mutations import NotificationMutation
from schema.notifications.subscriptions import NotificationSubscription
from schema.people.mutations import PeopleMutation
from schema.reviews.mutations import ReviewMutation
from schema.reviews.queries import ReviewQuery
from schema.tokens.mutations import AccessMutation
from schema.viewer.queries import ViewerQuery
from schema.webhooks.mutations import WebhookMutation


@strawberry.type(description="Queries: everything that can be read.")
class Query(
    NodeQuery,
    ViewerQuery,
    AssessmentQuery,
    AttemptQuery,
    CatalogQuery,
    ReviewQuery,
    GradingQuery,
    EventQuery,
    RateLimitQuery,
):
    pass


@strawberry.type(
    description="Mutations: everything that can be changed. Each takes one `input`, is applied whole or not "
    "at all, and reports refusals in `userErrors`."
)
class Mutation(
    AccessMutation,
    PeopleMutation,
    AttemptMutation,
    CatalogMutation,
    ReviewMutation,
    NoteMutation,
    ActivityMutation,
    NotificationMutation,
    CatalogAuthoringMutation,
    CatalogRosterMutation,
    AssessmentMutation,
    AccommodationMutation,
    InterventionMutation,
    GradingMutation,
    ExplainingMutation,
    ExportMutation,
    WebhookMutation,
):
    pass


@strawberry.type(
    description="Subscriptions: events as they happen, over WebSocket (graphql-transport-ws) or Server-Sent "
    "Events."
)
class Subscription(AttemptSubscription, NotificationSubscription, EventSubscription):
    pass


schema = ApiSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    extensions=EXTENSIONS,
    execution_context_class=Executor,
    config=StrawberryConfig(scalar_map={BigInt: BIG_INT, datetime: DATE_TIME, Decimal: DECIMAL}),
)
