"""Data sources of access tokens."""

from courses.selectors import people
from schema.dataloaders.base import ByPk, ChildrenOf

access_token_by_id = ByPk(selector=people.access_tokens_of)
access_token_of_payload = ByPk(selector=people.all_access_tokens_of, key="access_token_id")
access_tokens_of_viewer = ChildrenOf(
    selector=people.access_tokens_of, by="user_id", order=("-created_date", "-pk")
)
