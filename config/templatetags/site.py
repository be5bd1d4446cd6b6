"""Tags for every page and mail of this site, also for those that are rendered without a request."""

from django import template
from django.conf import settings

from schema.graphiql.assets import address_of

register = template.Library()


@register.simple_tag
def site_name() -> str:
    """Return the name by which people know this site (COURSES_SITE_NAME)."""
    return settings.SITE_NAME


@register.simple_tag
def site_icon() -> str:
    """Return the address of the icon, which the pages share with GraphiQL."""
    return address_of("favicon.svg")
