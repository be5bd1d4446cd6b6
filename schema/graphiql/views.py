"""Django view of the assets: compressed, typed, and cached by browsers for ever."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from schema.graphiql.assets import asset_file, media_type_of, version

FOR_EVER = "public, max-age=31536000, immutable"


@gzip_page
@require_safe
def asset(request: HttpRequest, asked_version: str, name: str) -> HttpResponse:
    """Serve an asset of the current version; 404 for anything else."""
    path = asset_file(name) if asked_version == version() else None
    if path is None:
        raise Http404
    etag = f'"{asked_version}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(path.read_bytes(), content_type=media_type_of(name))
    response["ETag"] = etag
    response["Cache-Control"] = FOR_EVER
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
