"""Scopes: what a token reaches, by every way that leads there. What names no scope must be listed here."""

import re
from typing import Any

import pytest
from django.conf import settings
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from courses.constants import Scope
from courses.models import User
from schema.context import Context, Identity
from schema.core.fields import DeclaredField
from schema.core.ids import KINDS
from schema.core.permissions import RequiresScope, RequiresSession
from schema.root import schema
from tests.factories import (
    make_user,
)

GRAPH = schema._schema
ALL = frozenset(Scope.values)

FOR_SESSIONS_ONLY = {"Mutation.deleteAccount"}
LEAD_TO_NODES_WITHOUT_A_SCOPE = {
    "Viewer.user",  # `viewer` itself needs the same scope
    "LearnerOutcome.learner",  # within payloads, covered by their mutations
    "LearnerOutcome.enrollment",
    "LearnerOutcome.accommodation",
}
DECLARED_WITHOUT_A_SCOPE = {
    "CourseStatistics.assessments",
    "Assessment.maxScore",
    "Assessment.problems",
    "Assessment.questionCount",
    "AssessmentAttempt.answeredCount",
    "AssessmentAttempt.gradeChanges",
    "AssessmentAttempt.questions",
    "AssessmentAttempt.receipt",
    "Course.lessonCount",
    "Course.viewerMayReview",
    "GradingTask.pointsPossible",
    "GradingTask.response",
    "LearnerOutcome.accommodation",
    "LearnerOutcome.enrollment",
    "LearnerOutcome.learner",
    "Question.versions",
    "Lesson.isCompleted",
    "Review.viewerFoundHelpful",
    "ViewerAttempts.mayStart",
}
"""Parts of the thing they stand on: whoever may read that may read them."""


def definition_of(field: Any) -> Any:
    return field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]


def scope_of(field: Any) -> Scope | None:
    """The scope that the published directive of a field names."""
    scopes = [each.scope for each in definition_of(field).directives if isinstance(each, RequiresScope)]
    return Scope(scopes[0]) if scopes else None


def object_types() -> list[GraphQLObjectType]:
    kinds = [type_ for type_ in GRAPH.type_map.values() if isinstance(type_, GraphQLObjectType)]
    return [type_ for type_ in kinds if not type_.name.startswith("__")]


def is_root(type_: GraphQLObjectType) -> bool:
    return type_ in (GRAPH.query_type, GRAPH.mutation_type, GRAPH.subscription_type)


def nested_fields() -> dict[str, Any]:
    """Every field beneath the root but those that show what a mutation wrote, by `Type.field`."""
    return {
        f"{type_.name}.{name}": field
        for type_ in object_types()
        if not is_root(type_) and not type_.name.endswith("Payload")
        for name, field in type_.fields.items()
    }


def node_type_beneath(field: Any) -> str | None:
    """The node type that a field leads to: by itself, as a list, or as a connection."""
    type_ = get_named_type(field.type)
    if type_.name.endswith("Connection"):
        type_ = get_named_type(get_named_type(type_.fields["edges"].type).fields["node"].type)
    return type_.name if type_.name in KINDS else None


def root_fields() -> dict[str, Any]:
    roots = (GRAPH.query_type, GRAPH.mutation_type, GRAPH.subscription_type)
    return {
        f"{root.name}.{name}": field
        for root in roots
        if root is not None
        for name, field in root.fields.items()
    }


SCOPED = {name: field for name, field in nested_fields().items() if scope_of(field)}


# ---------------------------------------------------------------- every field has been judged


@pytest.mark.parametrize("name", root_fields())
def test_every_root_field_names_a_scope_or_is_closed_to_tokens(name):
    directives = definition_of(root_fields()[name]).directives
    is_closed = any(isinstance(each, RequiresSession) for each in directives)
    assert is_closed == (name in FOR_SESSIONS_ONLY)
    assert (scope_of(root_fields()[name]) is None) == is_closed


def test_every_way_to_a_node_needs_the_scope_of_the_node():
    leading = {name: node_type_beneath(field) for name, field in nested_fields().items()}
    unguarded = {
        name
        for name, kind in leading.items()
        if kind is not None and scope_of(nested_fields()[name]) is not KINDS[kind].scope
    }

    edges = {name for name in unguarded if name.endswith(("Edge.node", "Connection.edges"))}
    assert unguarded - edges == LEAD_TO_NODES_WITHOUT_A_SCOPE


def test_every_other_declared_field_was_judged():
    unscoped = {
        name
        for name, field in nested_fields().items()
        if isinstance(definition_of(field), DeclaredField) and scope_of(field) is None
    }

    counts = {name for name in unscoped if name.endswith("Connection.totalCount")}
    assert unscoped - counts == DECLARED_WITHOUT_A_SCOPE


def test_the_document_about_people_lists_every_scope():
    listed = re.findall(
        r"^\| `(\w+:\w+)` \|", (settings.BASE_DIR / "docs" / "people.md").read_text(), re.MULTILINE
    )

    assert listed == Scope.values


# ---------------------------------------------------------------- every token with every other scope is refused


NEEDS_NO_MORE = {"ExportKind": "ENROLLMENTS"}
"""Values of enums that need no scope beside their mutation's own."""


def example(type_: Any) -> str:
    """A literal of an input type, with no more in it than is required."""
    if is_non_null_type(type_):
        return example(type_.of_type)
    if is_list_type(type_):
        return f"[{example(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return NEEDS_NO_MORE.get(type_.name) or next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        required = {name: field for name, field in type_.fields.items() if is_required_input_field(field)}
        if type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of:
            required = dict([next(iter(type_.fields.items()))])
        return "{" + ", ".join(f"{name}: {example(field.type)}" for name, field in required.items()) + "}"
    assert isinstance(type_, GraphQLScalarType)
    literals = {"Int": "1", "Boolean": "true", "DateTime": '"2030-01-01T00:00:00Z"', "JSON": "{}"}
    return literals.get(type_.name, f'"{Scope.TOKENS_WRITE}"')  # for a list of scopes, one that is known


def call(name: str, field: Any) -> str:
    """The shortest document that asks for a root field."""
    arguments = [
        f"{argument}: {example(value.type)}"
        for argument, value in field.args.items()
        if is_required_argument(value)
    ]
    root, _, field_name = name.partition(".")
    beneath = get_named_type(field.type)
    selection = ""
    if isinstance(beneath, GraphQLObjectType | GraphQLInterfaceType):
        selection = "{ userErrors { code } }" if root == "Mutation" else "{ __typename }"
    given = f"({', '.join(arguments)})" if arguments else ""
    return f"{root.lower()} {{ field: {field_name}{given} {selection} }}"


@pytest.mark.parametrize("name", FOR_SESSIONS_ONLY)
def test_what_is_for_sessions_only_refuses_tokens_with_all_scopes(api, name):
    answer = api(call(name, root_fields()[name]), viewer=make_user(), scopes=ALL)
    assert refusals(answer) == ["TOKEN_SCOPE_MISSING"]


def asked_with_tokens() -> list[str]:
    open_to_tokens = [name for name in root_fields() if name not in FOR_SESSIONS_ONLY]
    return [name for name in open_to_tokens if not name.startswith("Subscription")]


@pytest.mark.parametrize("name", asked_with_tokens())
def test_a_root_field_refuses_tokens_with_all_scopes_but_its_own(api, name):
    field = root_fields()[name]
    viewer = make_user()
    document = call(name, field)

    for scopes in [frozenset({scope}) for scope in Scope if scope != scope_of(field)]:
        assert refusals(api(document, viewer=viewer, scopes=scopes)) == ["TOKEN_SCOPE_MISSING"], scopes
    assert refusals(api(document, viewer=viewer, scopes=ALL - {scope_of(field)})) == ["TOKEN_SCOPE_MISSING"]
    assert "TOKEN_SCOPE_MISSING" not in refusals(
        api(document, viewer=viewer, scopes=frozenset({scope_of(field)}))
    )


def refusals(answer: Any) -> list[str]:
    """The codes of an answer: of its errors, or else of the user errors of its only field."""
    if answer.errors:
        return answer.codes
    value = answer.data["field"]
    errors = value.get("userErrors", []) if isinstance(value, dict) else []
    return [error["code"] for error in errors]


@pytest.mark.parametrize("name", SCOPED)
def test_a_nested_field_is_open_to_its_own_scope_and_to_sessions_only(name):
    field, own = definition_of(SCOPED[name]), scope_of(SCOPED[name])
    opened = [scope for scope in Scope if field.is_open_to(request_with(frozenset({scope})))]

    assert opened == [own]
    assert not field.is_open_to(request_with(ALL - {own}))
    assert not field.is_open_to(request_with(frozenset()))
    assert field.is_open_to(request_with(None))


def request_with(scopes: frozenset[str] | None) -> Context:
    return Context(Identity(User(pk=1), scopes))
