"""Partners of the demonstration: a registered program, webhooks with what became of their messages, and an export.

Nothing leaves the machine: both endpoints are on it, nobody is asked, and both are switched off in the end.
"""

from allauth.idp.oidc.models import Client

from courses.constants import EventFormat, EventType, ExportKind, Scope
from courses.models import Course, Event, User, WebhookEndpoint
from courses.services.events import settle
from courses.services.exports import start_export
from courses.services.webhook_credentials import Credentials
from courses.services.webhook_deliveries import make_deliveries
from courses.services.webhook_endpoints import create_webhook_endpoint, update_webhook_endpoint
from courses.services.webhook_sending import Problem, Sent
from courses.services.webhook_turns import begin_turn, carry_on, claim_endpoints

CLIENT_ID = "campus-records"
CLIENT_SECRET = "campus-records-demo"  # noqa: S105 - as public as the passwords of the demonstration
CLIENT_SCOPES = (Scope.COURSES_READ, Scope.ATTEMPTS_READ, Scope.EVENTS_READ)

GRANT_TYPES = (
    Client.GrantType.AUTHORIZATION_CODE,
    Client.GrantType.CLIENT_CREDENTIALS,
    Client.GrantType.REFRESH_TOKEN,
)

RECEIVED = Sent(status=204)
GONE = Sent(status=410)
AWAY = Sent(problem=Problem.NOT_CONNECTED)
MESSAGES = 6
"""Number of messages to each endpoint."""
LEFT = 3
"""Number of those that the receiver has not taken."""


def load_partners(courses: dict[str, Course], people: dict[str, User], *, origin: str) -> None:
    """Have the person `instructor` work with partners, once everything else has happened.

    The export, whose address begins with `origin`, is written by the background work as soon as the server runs.
    """
    instructor = people["instructor"]
    coffee, statistics = courses["coffee-from-seed-to-cup"], courses["statistics-without-fear"]
    _register_program(instructor)
    settle()
    gone = _endpoint(instructor, statistics, "http://127.0.0.1:9001/statements", EventFormat.XAPI)
    _deliver(gone, GONE)
    own = _endpoint(instructor, coffee, "http://127.0.0.1:9000/events", EventFormat.NATIVE)
    _deliver(own, AWAY)
    update_webhook_endpoint(owner=instructor, credentials=Credentials(), endpoint_id=own.pk, is_enabled=False)
    start_export(
        owner=instructor,
        principal=f"user:{instructor.pk}",
        kind=ExportKind.GRADES,
        course_id=coffee.pk,
        origin=origin,
    )


def _register_program(owner: User) -> None:
    """Register a program that may ask in its owner's name, and in that of everybody who lets it in."""
    program = Client(
        id=CLIENT_ID, name="Campus records", owner=owner, redirect_uris="http://127.0.0.1:9000/callback"
    )
    program.set_scopes(list(CLIENT_SCOPES))
    program.set_grant_types(list(GRANT_TYPES))
    program.set_secret(CLIENT_SECRET)
    program.save()


def _endpoint(owner: User, course: Course, url: str, format: EventFormat) -> WebhookEndpoint:
    """Create an endpoint for attempts of a course that end, and move it back in the feed by MESSAGES of them."""
    endpoint = create_webhook_endpoint(
        owner=owner,
        credentials=Credentials(),
        url=url,
        types=[EventType.ATTEMPT_COMPLETED],
        course_id=course.pk,
        format=format,
    ).endpoint
    ended = Event.objects.filter(type=EventType.ATTEMPT_COMPLETED, course_id=course.pk).order_by("-pk")
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(position=ended[MESSAGES].pk)
    return endpoint


def _deliver(endpoint: WebhookEndpoint, at_last: Sent) -> None:
    """Record what a receiver would have answered: it takes all messages but the last ones, and then that happens.

    No other endpoint is switched on meanwhile.
    """
    make_deliveries()
    [claim] = claim_endpoints(limit=1)
    assert claim.endpoint_id == endpoint.pk
    turn = begin_turn(claim)
    for _ in range(MESSAGES - LEFT):
        assert turn is not None, "there are so many messages"
        turn = carry_on(turn, RECEIVED)
    assert turn is not None
    carry_on(turn, at_last)
