"""What a learner of some skill would answer: right responses from the key, wrong ones from what is offered."""

from random import Random

from courses.constants import QuestionType
from courses.rules.grading.types import Question, Response
from courses.rules.layout import LayoutEntry
from courses.rules.solutions import solution_of

ESSAYS = (
    "I tried it at home first. What surprised me was how much changed when I altered a single thing and left "
    "everything else as it was, which is also the point of the lesson.",
    "In my view the most important step is the first one, because every later step can only keep or lose what "
    "was there at the beginning.",
    "There are two sides to this. The rule of thumb is easy to remember, but it hides the assumption behind it, "
    "and when the assumption fails the rule fails with it.",
)
GUESSES = ("I am not sure", "none of these", "42", "the second one")


def plausible_response(
    question: Question, entry: LayoutEntry, *, skill: float, random: Random
) -> Response | None:
    """The response of a learner who knows each thing with the probability `skill`; None is left blank."""
    knows = random.random() < skill
    if not knows and random.random() < 0.1:
        return None
    found = solution_of(question)
    match question.type:
        case QuestionType.MULTIPLE_CHOICE | QuestionType.TRUE_FALSE:
            return {
                "choices": sorted(
                    found.choices if knows else _guess(entry["choices"], len(found.choices), random)
                )
            }
        case QuestionType.MATCHING:
            pairs = {
                prompt: match if knows or random.random() < skill else random.choice(entry["matches"])
                for prompt, match in found.matches.items()
            }
            return {"matches": {str(prompt): match for prompt, match in pairs.items()}}
        case QuestionType.FILL_BLANK:
            return {
                "blanks": {
                    key: text if knows or random.random() < skill else random.choice(GUESSES)
                    for key, text in found.blanks.items()
                }
            }
        case QuestionType.SHORT_ANSWER:
            return {"text": _without_wildcards(found.texts[0]) if knows else random.choice(GUESSES)}
        case _:
            return {"text": random.choice(ESSAYS)}


def _guess(choices: list[int], count: int, random: Random) -> list[int]:
    return random.sample(choices, k=count)


def _without_wildcards(accepted: str) -> str:
    return accepted.replace("*", "")
