"""URLs of Django's own pages. /graphql is not here: config/asgi.py hands it to schema.application."""

from allauth.account.decorators import secure_admin_login
from allauth.idp.oidc.views import configuration
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.gzip import gzip_page
from django.views.generic import RedirectView

from config import partners
from config.health import livez, readyz
from schema.graphiql import assets
from schema.graphiql.views import asset


@gzip_page
def published_schema(_request: HttpRequest) -> HttpResponse:
    """Return the committed SDL, which a test keeps equal to the schema that is served."""
    sdl = (settings.BASE_DIR / "schema" / "schema.graphql").read_text(encoding="utf-8")
    return HttpResponse(sdl, content_type="text/plain; charset=utf-8")


def not_offered(_request: HttpRequest) -> HttpResponse:
    """Raise Http404 for a feature of django-allauth that this server lacks: sign-in on devices without a keyboard."""
    raise Http404


admin.site.site_header = f"{settings.SITE_NAME} administration"
admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "Everything that can be looked after"

urlpatterns = [
    path("", RedirectView.as_view(url=settings.FRONTEND_URL or settings.LOGIN_REDIRECT_URL)),
    path("admin/login/", secure_admin_login(admin.site.login)),  # one sign-in for everybody, one throttle
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path(".well-known/oauth-authorization-server", configuration),  # RFC 8414
    path("identity/o/authorize", partners.authorize),
    path("identity/o/api/token", partners.token),
    path("identity/o/logout", partners.logout),
    path("identity/o/api/device/code", not_offered),
    path("identity/o/device", not_offered),
    path("", include("allauth.idp.urls")),
    path("livez", livez),
    path("readyz", readyz),
    path("schema.graphql", published_schema),
    path(f"{assets.ADDRESS}/<str:asked_version>/<path:name>", asset),
]
