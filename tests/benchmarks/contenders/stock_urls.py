"""The one URL of the stock contender."""

from django.urls import path
from strawberry.django.views import AsyncGraphQLView

from tests.benchmarks.contenders.stock_schema import schema

urlpatterns = [path("graphql", AsyncGraphQLView.as_view(schema=schema))]
