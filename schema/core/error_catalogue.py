"""Generator of docs/errors.md, the catalogue of error codes, from the codes themselves.

    uv run python -m schema.core.error_catalogue > docs/errors.md

A test fails when the committed page differs from the output.
"""

from collections.abc import Sequence

from courses.exceptions import Refusal
from schema.core.error_codes import MAY_BE_RETRIED, WELL_FORMED_REQUEST, ErrorCode

_MARK = "\\*"

_INTRODUCTION = """\
# Errors

Written from the code by `uv run python -m schema.core.error_catalogue > docs/errors.md`; not to be edited by hand.

There are two kinds. **Errors** are about a request: it cannot be understood, is not allowed, or the server cannot
work now. They stand in `errors`, each with its `extensions.code`. **User errors** are about what a person wants to
do: the request was executed, and the answer is no. They stand in `userErrors` of the payload of a mutation, each
with `code`, with a `message` that can be shown to that person, and with `field`, the path inside the input.

## Errors

`path` names the field that failed. It is null, and so is what it stands on where it may not be null, up to the
nearest thing that may; what stands beside it is answered. A value that is refused before anything is executed has
its place in the document in `locations`, and in `path` the first field that takes it.

When nothing was executed the answer has no `data`, and the status that is given here. When some fields were
answered and others failed, it is 200 with `data` and `errors`. To a client that accepts `application/json` but not
`application/graphql-response+json`, the codes marked \\* are answered with 200 too.
"""

_USER_ERRORS = """\
## User errors

The status is 200, and nothing was written. Trying again without a change gets the same answer, but for `CONFLICT` and
`STALE_REVISION`: load what is stored, and make the change to that.
"""


def page() -> str:
    """Render the whole page, in Markdown."""
    return "\n".join([_INTRODUCTION, *_errors(), "", _USER_ERRORS, *_user_errors(), ""])


def _errors() -> list[str]:
    rows = [
        (
            f"`{code.name}`" + (_MARK if code in WELL_FORMED_REQUEST else ""),
            str(code.status.value),
            code.sentence,
            code.remedy,
            _whether_to_retry(code),
        )
        for code in ErrorCode
    ]
    return _table(("code", "status", "what it means", "what to do", "try the same again?"), rows)


def _user_errors() -> list[str]:
    rows = [
        (f"`{refusal.code}`", _one_line(refusal.__doc__ or ""), refusal.message)
        for refusal in Refusal.__subclasses__()
    ]
    return _table(("code", "what it means", "what the person is told, unless there is more to say"), rows)


def _whether_to_retry(code: ErrorCode) -> str:
    if code in MAY_BE_RETRIED:
        return "yes, after `Retry-After`"
    return "a query may be" if code in (ErrorCode.TIMEOUT, ErrorCode.REQUEST_TIMEOUT) else "no"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    print(page(), end="")
