"""Responses in words, as facts hold them: stored ones name ids of answers, which tell the author's order and pairs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from courses.constants import Selection
from courses.rules.questions import kind_of
from courses.rules.values import LayoutEntry, Response, ResponseMember
from courses.rules.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A response, and what it was chosen from, as one member of a response.

    Options are texts in alphabetical order, which tells neither the author's order nor that of the attempt. `texts` are
    the picks, the text, or the text of each blank in their order; `pairs` are prompts with their matches. `has_key` is
    false where a person grades.
    """

    member: ResponseMember
    has_key: bool
    selection: Selection | None = None
    choices: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


def in_words(asked: Version, entry: LayoutEntry, response: Response) -> Said:
    """Return a stored response to a version of a question, as an attempt laid it out, in words.

    Answers that are gone are left out; only attempts of before there were versions know such.
    """
    answers, kind = asked.answers, kind_of(asked.question.type)
    offered = {
        "choices": {pk: answers[pk].text for pk in entry.get("choices", ()) if pk in answers},
        "prompts": {pk: answers[pk].text for pk in entry.get("prompts", ()) if pk in answers},
        "matches": {pk: answers[pk].match_text for pk in entry.get("matches", ()) if pk in answers},
    }
    value = response[kind.member]
    texts: Iterable[str] = ()
    pairs: Iterable[tuple[str, str]] = ()
    match kind.member:
        case ResponseMember.CHOICES:
            texts = sorted(offered["choices"][pk] for pk in value if pk in offered["choices"])
        case ResponseMember.TEXT:
            texts = [value]
        case ResponseMember.MATCHES:
            pairs = sorted(_pairs(value, offered["prompts"], offered["matches"]))
        case ResponseMember.BLANKS:
            texts = [value.get(key, "") for key in entry["blanks"]]
        case never:
            assert_never(never)
    options = {member: tuple(sorted(found.values())) for member, found in offered.items()}
    return Said(
        member=kind.member,
        has_key=kind.has_key,
        selection=entry.get("selection"),
        texts=tuple(texts),
        pairs=tuple(pairs),
        **options,
    )


def _pairs(
    value: Mapping[str, int], prompts: Mapping[int, str], matches: Mapping[int, str]
) -> Iterable[tuple[str, str]]:
    for prompt, match in value.items():
        if int(prompt) in prompts and match in matches:
            yield prompts[int(prompt)], matches[match]
