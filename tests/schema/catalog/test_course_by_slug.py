"""A course by its slug, in any case."""

import pytest

from courses.models import Course
from schema.core import ids
from tests import factories
from tests.taking import Api

BY_SLUG = "query ($id: ID, $slug: String) { course(id: $id, slug: $slug) { slug } }"


@pytest.fixture
def tea(db: None) -> Course:
    factories.make_course(slug="coffee")
    return factories.make_course(slug="Tea-and-Milk")


@pytest.mark.parametrize("slug", ["Tea-and-Milk", "tea-and-milk", "TEA-AND-MILK"])
def test_it_is_found_whatever_the_case(api: Api, tea: Course, slug: str) -> None:
    assert api(BY_SLUG, slug=slug)["course"] == {"slug": "Tea-and-Milk"}
    assert api(BY_SLUG, id=ids.encode("Course", tea.pk), slug=slug)["course"] == {"slug": "Tea-and-Milk"}


@pytest.mark.parametrize("slug", ["tea", "tea-and-milk ", "", "t\u0435a-and-milk"])
def test_another_slug_is_another_course(api: Api, tea: Course, slug: str) -> None:
    assert api(BY_SLUG, slug=slug)["course"] is None
    assert api(BY_SLUG, id=ids.encode("Course", tea.pk), slug=slug)["course"] is None
