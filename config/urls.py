"""Django's own pages. /graphql is not here: config/asgi.py hands it to schema.application."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.health import livez, readyz


def published_schema(_request: HttpRequest) -> HttpResponse:
    """The committed SDL, which a test keeps equal to the schema that is served."""
    sdl = (settings.BASE_DIR / "schema" / "schema.graphql").read_text(encoding="utf-8")
    return HttpResponse(sdl, content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("livez", livez),
    path("readyz", readyz),
    path("schema.graphql", published_schema),
]
