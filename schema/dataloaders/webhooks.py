"""Data sources of webhook endpoints and their deliveries."""

from courses.selectors import catalog, events, webhooks
from schema.dataloaders.base import ByPk, ChildrenOf, PageOf

webhook_endpoint_by_id = ByPk(selector=webhooks.webhook_endpoints_of)
webhook_endpoint_of_payload = ByPk(selector=webhooks.webhook_endpoints_of, key="webhook_endpoint_id")
webhook_endpoints_of_viewer = ChildrenOf(
    selector=webhooks.webhook_endpoints_of, by="user_id", order=("-created_date", "-pk")
)
course_of_webhook_endpoint = ByPk(selector=catalog.courses_visible_to, key="course_id")

webhook_delivery_by_id = ByPk(selector=webhooks.webhook_deliveries_of)
webhook_delivery_of_payload = ByPk(selector=webhooks.webhook_deliveries_of, key="delivery_id")
event_of_delivery = ByPk(selector=events.events_visible_to, key="event_id")
deliveries_of_webhook_endpoint = PageOf(selector=webhooks.webhook_deliveries_of, by="endpoint_id")
