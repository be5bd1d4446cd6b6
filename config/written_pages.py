"""Writes by Django's own pages, the accounts and the administration: whoever made them reads them by the API, too."""

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from courses.models import User
from courses.services.last_writes import note_write

_READING = ("GET", "HEAD", "OPTIONS", "TRACE")


class WrittenPagesMiddleware(MiddlewareMixin):
    """Middleware that notes the writes of whoever is signed in at the end of a request. Only replicas need it."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        person = getattr(request, "user", None)
        if request.method not in _READING and isinstance(person, User) and person.pk:
            note_write(person=person)
        return response
