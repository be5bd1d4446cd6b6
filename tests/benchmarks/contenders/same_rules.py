"""PostGraphile that keeps the rules which ours keeps: who asks, what they may see, and what may be saved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.benchmarks.contenders.base import OpenAttempt, Request, Save, TaughtCourse
from tests.benchmarks.contenders.postgraphile import PostGraphile, to_graphql
from tests.benchmarks.contenders.same_rules_statements import MAKE, REMOVE
from tests.benchmarks.deployment import Deployment

_SAVE = """
mutation Save($attempt: BigInt!, $question: BigInt!, $places: [Int]!) {
  sameRulesSubmitAnswers(input: {ofAttempt: $attempt, ofQuestion: $question, places: $places}) { result }
}"""


@contextmanager
def rules_in(deployment: Deployment) -> Iterator[None]:
    """Have the rules in the database within the block.

    Everybody else there is its superuser, whom row level security does not concern.
    """
    deployment.fetch(MAKE)
    try:
        yield
    finally:
        deployment.fetch(REMOVE)


class SameRules(PostGraphile):
    """`postgraphile_server/server.mjs --same-rules`, over a database with the rules in it.

    It tells no story: starting and grading an attempt by our rules would be our services written again in SQL.
    """

    called = "PostGraphile, same rules"
    omits = frozenset({"W5"})

    def command(self, port: int, database_url: str) -> list[str]:
        return [*super().command(port, database_url), "--same-rules"]

    def attempt_page(self, attempt: OpenAttempt) -> Request:
        return replace(super().attempt_page(attempt), token=attempt.token)

    def save_answer(self, save: Save) -> Request:
        request = to_graphql(
            _SAVE, attempt=str(save.of.attempt), question=str(save.question), places=[save.place]
        )
        return replace(request, token=save.of.token)

    def course_page(self, taught: TaughtCourse) -> Request:
        return replace(super().course_page(taught), token=taught.token)
