"""Multiple response: the question's scoring policy weighs right picks against wrong ones."""

from decimal import Decimal

from courses.constants import FULL_CREDIT, NO_CREDIT, ScoringPolicy
from courses.rules.grading.points import shown
from courses.rules.grading.types import Question, Response, Verdict

_RULES = {
    ScoringPolicy.RIGHT_MINUS_WRONG: "right picks minus wrong picks, divided by the right answers",
    ScoringPolicy.ALL_OR_NOTHING: "full credit for exactly the right picks, otherwise none",
    ScoringPolicy.EVERY_DECISION: "the share of all options that were decided rightly",
}


def grade(question: Question, response: Response) -> Verdict:
    """Weigh the picks. Picking the same answer twice counts once, and the order of picks never matters."""
    picked = set(response["choices"])
    correct = {answer.id for answer in question.answers if answer.is_correct}
    steps = [f"Several choices: {_RULES[ScoringPolicy(question.scoring)]}."]
    for answer in question.answers:
        decision = "picked" if answer.id in picked else "left alone"
        verdict = "rightly" if (answer.id in picked) == answer.is_correct else "wrongly"
        steps.append(f"“{answer.text}”: {verdict} {decision}.")
    credit = _credit(question, picked, correct)
    steps.append(
        f"{len(picked & correct)} of {len(correct)} right answers and {len(picked - correct)} wrong ones "
        f"picked: credit {shown(credit)}."
    )
    return Verdict(credit, tuple(steps))


def _credit(question: Question, picked: set[int], correct: set[int]) -> Decimal:
    right, wrong = len(picked & correct), len(picked - correct)
    match question.scoring:
        case ScoringPolicy.ALL_OR_NOTHING:
            return FULL_CREDIT if picked == correct else NO_CREDIT
        case ScoringPolicy.EVERY_DECISION:
            decided_rightly = sum((answer.id in picked) == answer.is_correct for answer in question.answers)
            return Decimal(decided_rightly) / len(question.answers) if question.answers else NO_CREDIT
        case _:
            return max(NO_CREDIT, Decimal(right - wrong) / len(correct)) if correct else NO_CREDIT
