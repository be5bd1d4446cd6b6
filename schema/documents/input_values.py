"""Validation of input values: those that no field can take, among all literals and variables, are refused here.

PostgreSQL stores no NUL and no lone surrogate. Deep nesting and endless numbers only serve denial of service.
"""

import math
from typing import Any

from graphql import DocumentNode, GraphQLError, TokenKind

from courses.utils.json_text import UNSTORABLE_TEXT, is_storable
from schema.core.error_codes import ErrorCode, Limit, graphql_error, limit_exceeded

MAX_VARIABLE_DEPTH = 32
MAX_NUMBER_LENGTH = 64

_TEXTS = frozenset({TokenKind.STRING, TokenKind.BLOCK_STRING})
_NUMBERS = frozenset({TokenKind.INT, TokenKind.FLOAT})


def refuse_literals(document: DocumentNode) -> list[GraphQLError]:
    """Validate the literals of a document that was parsed with locations; return at most one refusal."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        value = token.value or ""
        if token.kind in _TEXTS and not is_storable(value):
            return [_refused_text()]
        if token.kind in _NUMBERS and len(value) > MAX_NUMBER_LENGTH:
            return [_refused_number(len(value))]
        token = token.next
    return []


def refuse_variables(variables: dict[str, Any] | None) -> list[GraphQLError]:
    """Validate a request's variables; return at most one refusal. Iterative, as the input decides the depth."""
    level: list[Any] = [variables or {}]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_VARIABLE_DEPTH:
            return [_refused_depth()]
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, str) and not is_storable(value):
                return [_refused_text()]
            elif isinstance(value, int) and abs(value) >= 10**MAX_NUMBER_LENGTH:
                return [_refused_number(int(math.log10(abs(value))) + 1)]
        level = below
    return []


def _refused_text() -> GraphQLError:
    return graphql_error(ErrorCode.BAD_USER_INPUT, UNSTORABLE_TEXT)


def _refused_number(length: int) -> GraphQLError:
    return limit_exceeded(
        Limit.NUMBER_LENGTH,
        f"A number is {length} characters long; at most {MAX_NUMBER_LENGTH} are allowed.",
    )


def _refused_depth() -> GraphQLError:
    return limit_exceeded(
        Limit.VARIABLE_DEPTH,
        f"The variables are nested more than {MAX_VARIABLE_DEPTH} levels deep, which is the limit.",
    )
