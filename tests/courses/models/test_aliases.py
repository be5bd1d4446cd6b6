"""The second names of fields: every usage Django knows, for every pair, and never a disagreement."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.db.models import Field
from django.test.utils import CaptureQueriesContext

from courses.models import Answer, Assessment, AssessmentAttempt, Question
from tests import factories

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Pair:
    """A column, its second name, and two values to tell apart; the first sorts before the second."""

    model: type[models.Model]
    column: str
    alias: str
    values: tuple[Any, Any]

    def parents(self) -> dict[str, Any]:
        """The other fields a new row needs, with a parent of its own."""
        if self.model is Assessment:
            return {"lesson": factories.make_lesson(), "title": "Exam"}
        assessment = factories.make_assessment()
        if self.model is Question:
            return {"assessment": assessment}
        if self.model is Answer:
            return {"question": factories.make_question(assessment)}
        return {"user": factories.make_user(), "assessment": assessment}

    def create(self, **fields: Any) -> Any:
        return self.model._default_manager.create(**self.parents(), **fields)

    def stored(self, row: models.Model) -> Any:
        """The value in the database, read by the name of the column and without the ORM."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {self.column} FROM {self.model._meta.db_table} WHERE id = %s", [row.pk])
            return cursor.fetchone()[0]


PAIRS = [
    Pair(Assessment, "time_limit", "time_limit_minutes", (0, 45)),
    Pair(Question, "question_text", "text", ("Old?", "What is new?")),
    Pair(Question, "explanation", "feedback", ("", "Because.")),
    Pair(Answer, "answer_text", "text", ("London", "Paris")),
    Pair(AssessmentAttempt, "is_passed", "passed", (False, True)),
]


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair.model.__name__}.{pair.alias}")
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.param
    return found


def test_both_names_read_the_one_column(pair: Pair) -> None:
    row = pair.create(**{pair.column: pair.values[1]})
    assert getattr(row, pair.column) == getattr(row, pair.alias) == pair.stored(row) == pair.values[1]


def test_the_alias_is_taken_by_the_constructor(pair: Pair) -> None:
    row = pair.model(**{pair.alias: pair.values[1]})
    assert getattr(row, pair.column) == pair.values[1]


def test_the_alias_is_taken_by_create(pair: Pair) -> None:
    assert pair.stored(pair.create(**{pair.alias: pair.values[1]})) == pair.values[1]


@pytest.mark.parametrize("name", ["column", "alias"])
def test_assigning_one_name_changes_both_even_to_an_empty_value(pair: Pair, name: str) -> None:
    row = pair.create(**{pair.column: pair.values[1]})
    setattr(row, getattr(pair, name), pair.values[0])
    assert getattr(row, pair.column) == getattr(row, pair.alias) == pair.values[0]
    row.save()
    assert pair.stored(row) == pair.values[0]


def test_the_alias_filters_and_excludes(pair: Pair) -> None:
    low, high = (pair.create(**{pair.column: value}) for value in pair.values)
    rows = pair.model._default_manager.filter(pk__in=[low.pk, high.pk])
    assert rows.filter(**{pair.alias: pair.values[1]}).get() == high
    assert rows.exclude(**{pair.alias: pair.values[1]}).get() == low
    assert rows.filter(**{f"{pair.alias}__in": [pair.values[0]]}).get() == low


def test_the_alias_orders(pair: Pair) -> None:
    low, high = (pair.create(**{pair.column: value}) for value in pair.values)
    rows = pair.model._default_manager.filter(pk__in=[low.pk, high.pk])
    assert list(rows.order_by(pair.alias)) == [low, high]
    assert list(rows.order_by(f"-{pair.alias}")) == [high, low]


def test_the_alias_is_selected_by_values_and_expressions(pair: Pair) -> None:
    row = pair.create(**{pair.column: pair.values[1]})
    rows = pair.model._default_manager.filter(pk=row.pk)
    assert rows.values(pair.alias).get() == {pair.alias: pair.values[1]}
    assert rows.values_list(pair.column, pair.alias).get() == (pair.values[1], pair.values[1])
    assert rows.annotate(same=models.F(pair.alias)).get().same == pair.values[1]


@pytest.mark.parametrize("name", ["column", "alias"])
def test_only_loads_the_value_at_once_under_both_names(pair: Pair, name: str) -> None:
    row = pair.create(**{pair.column: pair.values[1]})
    loaded = pair.model._default_manager.only(getattr(pair, name)).get(pk=row.pk)
    with CaptureQueriesContext(connection) as queries:
        assert getattr(loaded, pair.alias) == getattr(loaded, pair.column) == pair.values[1]
    assert len(queries) == 0


def test_a_deferred_alias_is_loaded_when_it_is_read(pair: Pair) -> None:
    row = pair.create(**{pair.column: pair.values[1]})
    loaded = pair.model._default_manager.defer(pair.alias).get(pk=row.pk)
    assert getattr(loaded, pair.column) == pair.values[1]


def test_the_alias_is_updated_in_bulk(pair: Pair) -> None:
    row = pair.create(**{pair.column: pair.values[1]})
    pair.model._default_manager.filter(pk=row.pk).update(**{pair.alias: pair.values[0]})
    assert pair.stored(row) == pair.values[0]
    setattr(row, pair.alias, pair.values[1])
    pair.model._default_manager.bulk_update([row], [pair.alias])
    assert pair.stored(row) == pair.values[1]


@pytest.mark.parametrize("named", ["column", "alias"])
def test_update_fields_writes_the_value_under_either_name(pair: Pair, named: str) -> None:
    row = pair.create(**{pair.column: pair.values[1]})
    setattr(row, pair.alias, pair.values[0])
    row.save(update_fields=[getattr(pair, named)])
    assert pair.stored(row) == pair.values[0]


def test_refreshing_by_the_alias_reads_the_column_again(pair: Pair) -> None:
    row = pair.create(**{pair.column: pair.values[0]})
    pair.model._default_manager.filter(pk=row.pk).update(**{pair.column: pair.values[1]})
    row.refresh_from_db(fields=[pair.alias])
    assert getattr(row, pair.column) == pair.values[1]


def test_the_alias_is_found_among_the_fields_and_has_no_column_of_its_own(pair: Pair) -> None:
    field = pair.model._meta.get_field(pair.alias)
    assert isinstance(field, Field)
    assert field is pair.model._meta.get_field(pair.column)
    assert field.name == field.column == pair.column
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, pair.model._meta.db_table)
    assert pair.alias not in {column.name for column in columns}


def test_an_alias_is_followed_through_relations() -> None:
    assessment = factories.make_assessment(time_limit_minutes=30)
    assert Assessment.objects.filter(lesson__assessment__time_limit_minutes=30).get() == assessment


def test_a_name_that_nothing_has_is_still_unknown() -> None:
    with pytest.raises(FieldDoesNotExist):
        Question._meta.get_field("wording")
    with pytest.raises(TypeError, match="wording"):
        Question(wording="?")


def test_the_properties_of_the_specification_read_the_same_values() -> None:
    question = Question(text="Why?", feedback="Because.")
    assert (question.text_property, question.feedback_property) == ("Why?", "Because.")
    assert Answer(text="Paris").text_property == "Paris"
