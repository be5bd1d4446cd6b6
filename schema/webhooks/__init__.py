"""Webhooks in the API: endpoints of the viewer, and what was delivered to them."""
