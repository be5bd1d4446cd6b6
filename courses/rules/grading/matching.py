"""Matching: the share of prompts that were paired with their match."""

from decimal import Decimal

from courses.constants import NO_CREDIT
from courses.rules.grading.points import shown
from courses.rules.grading.text import normalise
from courses.rules.grading.types import Question, Response, Verdict


def match_key(match_text: str) -> str:
    """Return what makes two matches the same one: equal keys mean that either is right for both prompts."""
    return normalise(match_text)


def grade(question: Question, response: Response) -> Verdict:
    """Count right pairs over all prompts: a missing pair is wrong, and so is a distractor."""
    prompts = [answer for answer in question.answers if answer.is_prompt]
    texts = {answer.id: answer.match_text for answer in question.answers}
    steps = ["Matching: the share of prompts with their right match; a missing pair is wrong."]
    right = 0
    for prompt in prompts:
        chosen = texts.get(response["matches"].get(str(prompt.id)), "")
        is_right = match_key(chosen) == match_key(prompt.match_text)
        right += is_right
        paired = f"paired with “{chosen}”" if chosen else "not paired"
        steps.append(f"“{prompt.text}” {paired}: {'right' if is_right else 'wrong'}.")
    credit = Decimal(right) / len(prompts) if prompts else NO_CREDIT
    steps.append(f"{right} of {len(prompts)} pairs are right: credit {shown(credit)}.")
    return Verdict(credit, tuple(steps))
