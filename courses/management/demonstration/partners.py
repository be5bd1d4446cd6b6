"""Partners of the demonstration: a registered program, webhooks with what became of their messages, and an export.

Nothing leaves the machine: both endpoints are on it, nobody is asked, and both are switched off in the end.
"""

from collections.abc import Collection

from allauth.idp.oidc.models import Client

from courses.constants import EventFormat, EventType, ExportKind, Scope
from courses.models import Course, User, WebhookEndpoint
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
LEFT = 3
"""Number of messages that no receiver has taken, at each endpoint."""


def load_partners(courses: dict[str, Course], people: dict[str, User], *, origin: str) -> None:
    """Have the person `instructor` work with partners, once everything else has happened.

    The export, whose address begins with `origin`, is written by the background work as soon as the server runs.
    """
    instructor = people["instructor"]
    coffee, statistics = courses["coffee-from-seed-to-cup"], courses["statistics-without-fear"]
    _register_program(instructor)
    settle()
    _deliver(
        _endpoint(instructor, statistics, url="http://127.0.0.1:9001/statements", format=EventFormat.XAPI),
        GONE,
    )
    endpoint = _endpoint(
        instructor,
        coffee,
        url="http://127.0.0.1:9000/events",
        types=(EventType.ATTEMPT_COMPLETED, EventType.REVIEW_CREATED),
    )
    _deliver(endpoint, AWAY)
    update_webhook_endpoint(
        owner=instructor, credentials=Credentials(), endpoint_id=endpoint.pk, is_enabled=False
    )
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


def _endpoint(
    owner: User, course: Course, *, url: str, types: Collection[str] = (), format: str = EventFormat.NATIVE
) -> WebhookEndpoint:
    """Create an endpoint, and move it back to the beginning of the feed."""
    endpoint = create_webhook_endpoint(
        owner=owner,
        credentials=Credentials(),
        url=url,
        types=types,
        course_id=course.pk,
        format=format,
    ).endpoint
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(position=0)
    return endpoint


def _deliver(endpoint: WebhookEndpoint, at_last: Sent) -> None:
    """Record what a receiver would have answered: it takes all messages but the last ones, and then that happens.

    No other endpoint is switched on meanwhile.
    """
    make_deliveries()
    [claim] = claim_endpoints(limit=1)
    assert claim.endpoint_id == endpoint.pk
    turn = begin_turn(claim)
    for _ in range(endpoint.deliveries.count() - LEFT):
        assert turn is not None, "there is a message for each delivery"
        turn = carry_on(turn, RECEIVED)
    assert turn is not None
    carry_on(turn, at_last)
