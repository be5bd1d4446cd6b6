"""Matching: pair each prompt with its match."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

from courses.constants import QuestionType
from courses.exceptions import ResponseMismatch
from courses.rules.credit import shown
from courses.rules.questions.kind import QuestionKind, at, look_alikes, pairs
from courses.rules.text import normalise
from courses.rules.values import (
    Answer,
    Contradiction,
    LayoutEntry,
    Question,
    ResponseMember,
    Solution,
    Verdict,
)
from courses.rules.words import is_blank


def match_key(match_text: str) -> str:
    """Return the identity of a match: texts with equal keys are one match, right for the prompts of both."""
    return normalise(match_text)


class Matching(QuestionKind):
    """Matching, graded by the share of prompts paired with their match. Equal match texts are offered once."""

    type = QuestionType.MATCHING
    member = ResponseMember.MATCHES
    listing_accepts = True

    def contradictions(self, question: Question, text: str) -> Iterator[Contradiction]:
        for place, answer in enumerate(question.answers):
            if is_blank(answer.match_text):
                path = ("answers", str(place), "match_text")
                yield Contradiction(path, "Give this prompt the text that belongs to it.")

    def problems(self, question: Question) -> Iterator[str]:
        answers = question.answers
        if sum(not is_blank(answer.match_text) for answer in answers) < 2:
            yield "Add at least two answers with a match."
        if not any(answer.is_prompt for answer in answers):
            yield "Give at least one match a prompt to pair it with."
        for answer in answers:
            if not is_blank(answer.text) and is_blank(answer.match_text):
                yield f"Give “{answer.text}” a match."
        yield from look_alikes({place: each.text for place, each in enumerate(answers)}, "Prompts")
        yield from _senseless_distractors(answers)

    def offer(self, question: Question) -> LayoutEntry:
        return {
            "prompts": [answer.id for answer in question.answers if answer.is_prompt],
            "matches": [answer.id for answer in question.answers if not is_blank(answer.match_text)],
        }

    def lay_out(self, question: Question, random: Random) -> LayoutEntry:
        prompts, matches = self.offer(question)["prompts"], list(_first_by_text(question).values())
        random.shuffle(prompts)
        random.shuffle(matches)
        return {"prompts": prompts, "matches": matches}

    def offered(self, answers: Any, entry: LayoutEntry) -> tuple[Answer, ...]:
        """Return the offered answers; a prompt added later stays as a match only, as nobody was asked to pair it."""
        return tuple(
            answer if answer.id in entry["prompts"] else replace(answer, text="") for answer in answers
        )

    def from_places(self, entry: LayoutEntry, given: Any) -> Any:
        prompts, matches = entry["prompts"], entry["matches"]
        return [(at(prompts, prompt, "prompts"), at(matches, match, "matches")) for prompt, match in given]

    def to_places(self, entry: LayoutEntry, value: Any) -> list[tuple[int, int]]:
        place_of = {answer: place for place, answer in enumerate(entry["matches"])}
        chosen = [(place, value.get(str(answer))) for place, answer in enumerate(entry["prompts"])]
        return [(prompt, place_of[match]) for prompt, match in chosen if match in place_of]

    def check(self, entry: LayoutEntry, given: Any) -> dict[str, int]:
        paired = pairs(given)
        prompts = [prompt for prompt, _ in paired]
        if any(prompt not in entry["prompts"] for prompt in prompts):
            raise ResponseMismatch("Please pair the prompts of this question only.")
        if any(match not in entry["matches"] for _, match in paired):
            raise ResponseMismatch("Please pair with the matches of this question only.")
        if len(set(prompts)) < len(prompts):
            raise ResponseMismatch("Please pair each prompt at most once.")
        return {str(prompt): match for prompt, match in paired}

    def is_blank(self, value: Any) -> bool:
        return not value

    def grade(self, question: Question, value: Any) -> Verdict:
        """Count right pairs over all prompts: a missing pair is wrong, and so is a distractor."""
        prompts = [answer for answer in question.answers if answer.is_prompt]
        texts = {answer.id: answer.match_text for answer in question.answers}
        read = {answer.id: question.as_asked(answer).match_text for answer in question.answers}
        steps = ["Matching: the share of prompts with their right match; a missing pair is wrong."]
        right = 0
        for prompt in prompts:
            match = value.get(str(prompt.id))
            chosen = texts.get(match, "")
            is_right = match_key(chosen) == match_key(prompt.match_text)
            right += is_right
            paired = f"paired with “{read[match]}”" if chosen else "not paired"
            steps.append(f"“{question.as_asked(prompt).text}” {paired}: {'right' if is_right else 'wrong'}.")
        credit = Fraction(right, len(prompts)) if prompts else Fraction(0)
        steps.append(f"{right} of {len(prompts)} pairs are right: credit {shown(credit)}.")
        return Verdict(credit, tuple(steps))

    def solution(self, question: Question) -> Solution:
        """Return each prompt's match: the first answer with its match text, which is the one that layouts offer."""
        first = _first_by_text(question)
        prompts = (answer for answer in question.answers if answer.is_prompt)
        return Solution(matches={answer.id: first[match_key(answer.match_text)] for answer in prompts})

    def solution_in(self, question: Question, entry: LayoutEntry) -> Solution:
        """Return the right match of each prompt by the current key, among those on offer there."""
        key_of = {answer.id: match_key(answer.match_text) for answer in question.answers}
        on_offer = {key_of[match]: match for match in entry["matches"] if match in key_of}
        right = {
            str(prompt): on_offer[key_of[prompt]]
            for prompt in entry["prompts"]
            if key_of.get(prompt) in on_offer
        }
        return Solution(matches=dict(self.to_places(entry, right)))


def _senseless_distractors(answers: Sequence[Answer]) -> Iterator[str]:
    """Yield distractors that match a prompt, or occur twice. Prompts may share a match."""
    matches = [match_key(answer.match_text) for answer in answers]
    for place, answer in enumerate(answers, start=1):
        if is_blank(answer.text) and matches[place - 1] and matches.count(matches[place - 1]) > 1:
            yield f"Match {place} leads nobody astray: “{matches[place - 1]}” is there already. Change or remove it."


def _first_by_text(question: Question) -> dict[str, int]:
    first: dict[str, int] = {}
    for answer in question.answers:
        if not is_blank(answer.match_text):
            first.setdefault(match_key(answer.match_text), answer.id)
    return first
