"""Refusals of the domain, published as the `userErrors` list of every payload.

`mutation(...)` is the one place where exceptions become user errors. A payload that has any is otherwise empty, and
nothing was written.
"""

import functools
import inspect
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Annotated, Any, ClassVar, TypeVar, cast

import strawberry
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from courses import exceptions
from courses.services.idempotency import KeyedCall, Repeat, StillRunning, carry_out_once
from courses.services.last_writes import note_write
from courses.utils.short_transactions import runs_anywhere
from schema.context import Info
from schema.core.compiled_reads import look_ahead
from schema.core.database_failures import begun_again
from schema.core.error_codes import ErrorCode, graphql_error
from schema.core.idempotency import json_of_input, key_of, outcome_of, restored, with_key
from schema.core.permissions import (
    RequiresScope,
    RequiresSession,
    Scope,
    require_scope,
    require_session,
    require_signed_in,
)
from schema.core.upstream import get_object_definition, to_camel_case
from schema.dataloaders.base import fill
from schema.dataloaders.plans import Plan
from schema.execution import request_work
from schema.execution.database_threads import database

P = TypeVar("P", bound="Payload")

STILL_RUNNING = "A request with this idempotency key is being carried out. Please repeat it in a moment."

UserErrorCode: Any = strawberry.enum(
    Enum(  # type: ignore[call-overload]
        "UserErrorCode",
        {
            refusal.code: strawberry.enum_value(
                refusal.code, description=" ".join((refusal.__doc__ or "").split())
            )
            for refusal in exceptions.Refusal.__subclasses__()
        },
    ),
    description="Machine-readable reason why a mutation was refused.",
)


@strawberry.type(description="Reason why a mutation was refused: a code for programs, a sentence for people.")
class UserError:
    code: UserErrorCode = strawberry.field(description="Machine-readable reason of the refusal.")
    message: str = strawberry.field(description="Human-readable reason, and what to do about it.")
    field: list[str] | None = strawberry.field(
        description='Path inside `input` to the value at fault, such as ["answers", "0", "response"]. Null when '
        "no single value is."
    )


@strawberry.type(
    description="Preview of whether the viewer may do something, and of the user error that they would get "
    "if not."
)
class Permission:
    allowed: bool = strawberry.field(description="Whether it would be accepted now.")
    code: UserErrorCode | None = strawberry.field(
        default=None, description="Machine-readable reason of the refusal. Null when it is allowed."
    )
    message: str | None = strawberry.field(
        default=None, description="Human-readable reason, and what to do about it. Null when it is allowed."
    )


def permission(refusal: exceptions.Refusal | None) -> Permission:
    """Convert a refusal, or its absence, to a permission."""
    if refusal is None:
        return Permission(allowed=True)
    return Permission(allowed=False, code=UserErrorCode[refusal.code], message=refusal.message)


@strawberry.type(description="Result of a mutation: the user errors, and what was written.")
class Payload:
    covered_by_its_mutation: ClassVar[bool] = True  # covered by the mutation's own scope
    shown_once: ClassVar[str | None] = None
    """Of a payload with a secret, which is neither remembered nor shown again: what to do, told to whoever repeats."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="Reasons for a refusal; empty on success. A refused mutation applies nothing of its input, "
        "and the payload's other fields are null, empty or false.",
    )


def mutation(
    *, scope: Scope | None, description: str, writes: bool = True
) -> Callable[[Callable[..., P] | Callable[..., Coroutine[Any, Any, P]]], Any]:
    """Publish a function `(info, input) -> Payload` as a mutation that only signed-in people may call.

    Its argument is described by the input's own description, and has an idempotency key beside the input's own fields.
    Repeated with the same key it is not carried out again; one that never `writes` may as well be.
    Without a scope it is closed to tokens: only a browser session may call it.
    The function runs on a database thread. A Refusal or ValidationError that it raises becomes the payload's user
    errors; what is asked of the payload is read in the same job. It is retried when its transaction collided with
    another one. A coroutine function, which waits for short transactions alone, may be carried out on the event loop
    instead, but for its refusals.
    """

    def decorate(given: Callable[..., P] | Callable[..., Coroutine[Any, Any, P]]) -> Any:
        function = cast(
            "Callable[..., P]", runs_anywhere(given) if inspect.iscoroutinefunction(given) else given
        )
        annotations = inspect.get_annotations(function, eval_str=True)
        payload_type: type[P] = annotations["return"]
        taken = with_key(annotations["input"])
        function.__annotations__["input"] = Annotated[
            taken, strawberry.argument(description=get_object_definition(taken, strict=True).description)
        ]

        def carry_out(info: Info, input: Any) -> P:
            key = key_of(info.context, input)
            if key is None or not writes:
                return function(info, input=input)
            call = KeyedCall(
                info.context.person,
                info.context.identity.partner,
                key,
                to_camel_case(function.__name__),
                json_of_input(input),
            )
            done = carry_out_once(
                call,
                lambda: function(info, input=input),
                lambda payload: None if payload.shown_once else outcome_of(payload),
            )
            if not isinstance(done, Repeat):
                return done
            request_work.note_replay()
            if payload_type.shown_once:
                raise exceptions.Conflict(payload_type.shown_once)
            return restored(payload_type, done.outcome, info.context.viewer)

        def write(info: Info, arguments: dict[str, Any]) -> P:
            try:
                if scope is None:
                    require_session(info)
                else:
                    require_scope(info, scope)
                payload = begun_again(functools.partial(carry_out, info, **arguments))
            except StillRunning:
                raise graphql_error(ErrorCode.BUSY, STILL_RUNNING) from None
            except exceptions.Refusal as refusal:
                return payload_type(user_errors=[from_refusal(refusal)])
            except ValidationError as error:
                return payload_type(user_errors=from_validation_error(error))
            request_work.note_position(note_write(person=info.context.person))
            return payload

        async def write_on_loop(info: Info, arguments: dict[str, Any]) -> P:
            assert scope is not None  # only tokens come here
            require_scope(info, scope)
            return await cast("Callable[..., Coroutine[Any, Any, P]]", given)(info, **arguments)

        def job(info: Info, plan: Plan, arguments: dict[str, Any]) -> P:
            payload = write(info, arguments)
            fill(info.context.viewer, [payload], plan)
            return payload

        @functools.wraps(function)
        async def resolver(info: Info, **arguments: Any) -> P:
            require_signed_in(info)
            if info.context.carried_out:
                return cast("P", info.context.carried_out.pop()())
            info.context.loaders.clear()
            return await database(job, info, look_ahead(info), arguments)

        resolver.root_write = write  # type: ignore[attr-defined]
        if inspect.iscoroutinefunction(given):
            resolver.root_write_on_loop = write_on_loop  # type: ignore[attr-defined]
        return strawberry.mutation(
            resolver=resolver,
            description=description,
            directives=[RequiresScope(scope=scope) if scope else RequiresSession()],
        )

    return decorate


def from_refusal(refusal: exceptions.Refusal) -> UserError:
    field = list(refusal.field) if refusal.field else None
    return UserError(code=UserErrorCode[refusal.code], message=refusal.message, field=field)


def from_validation_error(error: ValidationError) -> list[UserError]:
    """Convert each message to a user error, with the path of its field inside the input.

    Services name a place below the first level by a dotted path: `questions.2.answers.0.text`.
    """
    messages = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    return [
        UserError(
            code=UserErrorCode.INVALID,
            message=message,
            field=None if name == NON_FIELD_ERRORS else [to_camel_case(part) for part in name.split(".")],
        )
        for name, texts in messages.items()
        for message in texts
    ]
