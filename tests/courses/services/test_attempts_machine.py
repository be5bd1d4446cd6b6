"""Two learners, an instructor and the clock do whatever they like, in any order, beside a model of a few lines.

Whatever happens, the stored attempts say what the model says.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from courses import exceptions
from courses.constants import RegradePolicy
from courses.models import Answer, AssessmentAttempt
from courses.selectors.attempts import attempts_of
from courses.services.attempt_endings import close_expired_attempts
from courses.services.attempt_responses import GivenResponse
from courses.services.attempts import complete_attempt, flag_question, start_attempt, submit_answers
from courses.services.grading import grade_answer
from courses.services.regrading import apply_regrade
from tests import factories
from tests.taking import given, let_time_run_out

LIMIT = 3
POINTS = {"choice": 3, "text": 2, "essay": 3}
RESPONSES = {
    "choice": ["right", "wrong", "half", None],
    "text": ["yes", "no", None],
    "essay": ["Thoughts.", " ", None],
}
PASSING_SCORE = 50

learners = st.sampled_from([0, 1])
questions = st.sampled_from(list(POINTS))


@dataclass
class Expected:
    """An attempt as it has to be, in exact points: None while a person has to grade."""

    pk: int
    responses: dict[str, str | None] = field(default_factory=dict)
    ended_by: str | None = None
    earned: dict[str, Fraction | None] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return sum(floor((points or 0) + Fraction(1, 2)) for points in self.earned.values())

    @property
    def exact_score(self) -> Fraction:
        return sum((points or Fraction(0) for points in self.earned.values()), Fraction(0))

    @property
    def percentage(self) -> Fraction:
        """Rounded half up to hundredths of a percent."""
        return Fraction(floor(self.exact_score * 10_000 / sum(POINTS.values()) + Fraction(1, 2)), 100)

    @property
    def is_pending(self) -> bool:
        return None in self.earned.values()

    @property
    def is_passed(self) -> bool | None:
        needed, maximum = PASSING_SCORE, sum(POINTS.values())
        if self.exact_score * 100 >= needed * maximum:
            return True
        could_be = self.exact_score + (POINTS["essay"] if self.is_pending else 0)
        return False if could_be * 100 < needed * maximum else None


class Attempts(RuleBasedStateMachine):
    """Everything happens in one transaction, which is undone at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()
        self.assessment = factories.make_assessment(
            max_attempts=LIMIT, time_limit=30, passing_score=PASSING_SCORE
        )
        self.questions = {
            "choice": factories.single_choice(
                self.assessment, wrong=("wrong", "half"), points=POINTS["choice"]
            ),
            "text": factories.short_answer(self.assessment, "yes", points=POINTS["text"]),
            "essay": factories.essay(self.assessment, points=POINTS["essay"]),
        }
        Answer.objects.filter(question=self.questions["choice"], answer_text="half").update(credit="0.5")
        course = self.assessment.lesson.course
        self.learners = [factories.make_learner(course) for _ in range(2)]
        self.instructor = factories.make_user()
        course.instructors.add(self.instructor)
        self.right_choice = "right"
        self.expected: list[list[Expected]] = [[], []]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    # ------------------------------------------------------------ what people do

    @rule(who=learners)
    def start(self, who: int) -> None:
        made = self.expected[who]
        if made and not made[-1].ended_by:
            resumed = start_attempt(learner=self.learners[who], assessment_id=self.assessment.pk)
            assert (resumed.created, resumed.attempt.pk) == (False, made[-1].pk)
        elif len(made) == LIMIT:
            with pytest.raises(exceptions.AttemptLimitReached):
                start_attempt(learner=self.learners[who], assessment_id=self.assessment.pk)
        else:
            started = start_attempt(learner=self.learners[who], assessment_id=self.assessment.pk)
            assert started.created
            made.append(Expected(started.attempt.pk))

    @precondition(lambda self: any(self.expected))
    @rule(who=learners, name=questions, data=st.data(), completing=st.booleans())
    def submit(self, who: int, name: str, data: Any, completing: bool) -> None:
        if not self.expected[who]:
            return
        last, learner = self.expected[who][-1], self.learners[who]
        text = data.draw(st.sampled_from(RESPONSES[name]))
        answers = [self._given(last, name, text)]
        if last.ended_by:
            with pytest.raises(self._refusal(last)):
                submit_answers(learner=learner, attempt_id=last.pk, responses=answers)
            return
        last.responses[name] = text
        if completing:
            complete_attempt(learner=learner, attempt_id=last.pk, responses=answers)
            self._end(last, "learner")
        else:
            submit_answers(learner=learner, attempt_id=last.pk, responses=answers)

    @precondition(lambda self: any(self.expected))
    @rule(who=learners, name=questions, is_flagged=st.booleans())
    def flag(self, who: int, name: str, is_flagged: bool) -> None:
        if not self.expected[who]:
            return
        last = self.expected[who][-1]
        flagging: dict[str, Any] = {
            "learner": self.learners[who],
            "attempt_id": last.pk,
            "question_id": self.questions[name].pk,
            "is_flagged": is_flagged,
        }
        if last.ended_by:
            with pytest.raises(self._refusal(last)):
                flag_question(**flagging)
        else:
            flag_question(**flagging)

    @precondition(lambda self: any(self.expected))
    @rule(who=learners)
    def complete(self, who: int) -> None:
        if not self.expected[who]:
            return
        last = self.expected[who][-1]
        complete_attempt(learner=self.learners[who], attempt_id=last.pk)
        if not last.ended_by:
            self._end(last, "learner")

    @precondition(lambda self: any(made and not made[-1].ended_by for made in self.expected))
    @rule(who=learners, noticed_by=st.sampled_from(["sweep", "learner", "nobody"]))
    def time_runs_out(self, who: int, noticed_by: str) -> None:
        if not self.expected[who] or self.expected[who][-1].ended_by:
            return
        last, learner = self.expected[who][-1], self.learners[who]
        let_time_run_out(AssessmentAttempt.objects.get(pk=last.pk))
        if noticed_by == "learner":
            with pytest.raises(exceptions.TimeExpired):
                submit_answers(learner=learner, attempt_id=last.pk, responses=[])
        elif noticed_by == "sweep":
            assert close_expired_attempts() == 1
        else:
            start_or_not = self.expected[who]
            if len(start_or_not) < LIMIT:
                started = start_attempt(learner=learner, assessment_id=self.assessment.pk)
                start_or_not.append(Expected(started.attempt.pk))
            else:
                with pytest.raises(exceptions.AttemptLimitReached):
                    start_attempt(learner=learner, assessment_id=self.assessment.pk)
        self._end(last, "timer")

    @precondition(lambda self: any(self.expected))
    @rule(data=st.data(), points=st.integers(0, POINTS["essay"]))
    def grade(self, data: Any, points: int) -> None:
        attempt = data.draw(st.sampled_from([each for made in self.expected for each in made]))
        essays = self._stored(attempt).answers.filter(question=self.questions["essay"])
        essay = essays.exclude(response=None).first()
        if essay is None:
            return
        if not attempt.ended_by:
            with pytest.raises(exceptions.Conflict):
                grade_answer(grader=self.instructor, task_id=essay.pk, points=points)
            return
        grade_answer(grader=self.instructor, task_id=essay.pk, points=points)
        attempt.earned["essay"] = Fraction(points)

    @rule(policy=st.sampled_from([RegradePolicy.NEVER_LOWER, RegradePolicy.EXACT]))
    def correct_the_key(self, policy: RegradePolicy) -> None:
        self.right_choice = "wrong" if self.right_choice == "right" else "right"
        for answer in Answer.objects.filter(question=self.questions["choice"]):
            Answer.objects.filter(pk=answer.pk).update(is_correct=answer.answer_text == self.right_choice)
        apply_regrade(grader=self.instructor, assessment_id=self.assessment.pk, policy=policy)
        for attempt in self._finished():
            old, new = (
                each or Fraction(0) for each in (attempt.earned["choice"], self._earned(attempt, "choice"))
            )
            attempt.earned["choice"] = new if policy == RegradePolicy.EXACT else max(old, new)

    # ------------------------------------------------------------ what is true then

    @invariant()
    def attempts_are_numbered_without_a_gap_and_never_beyond_the_limit(self) -> None:
        for learner, made in zip(self.learners, self.expected, strict=True):
            stored = list(learner.attempts.order_by("attempt_number"))
            assert [attempt.attempt_number for attempt in stored] == list(range(1, len(made) + 1))
            assert [attempt.pk for attempt in stored] == [attempt.pk for attempt in made]
            assert len(stored) <= LIMIT

    @invariant()
    def what_was_handed_in_never_changes_and_scores_add_up(self) -> None:
        for expected in (each for made in self.expected for each in made):
            stored = self._stored(expected)
            assert (stored.ended_by, stored.is_completed) == (expected.ended_by, bool(expected.ended_by))
            assert self._texts(stored) == {name: text for name, text in expected.responses.items() if text}
            if not expected.ended_by:
                continue
            answers = list(stored.answers.all())
            assert stored.score == sum(answer.points_earned for answer in answers) == expected.score
            exact = (stored.exact_score, stored.score_percentage)
            assert exact == (expected.exact_score, expected.percentage)
            assert stored.is_passed is expected.is_passed
            assert stored.end_time is not None
            assert all(answer.answered_at <= stored.end_time for answer in answers)

    @invariant()
    def results_wait_for_people_and_the_key_for_the_last_attempt(self) -> None:
        for learner, made in zip(self.learners, self.expected, strict=True):
            is_open = any(not each.ended_by for each in made)
            for row, expected in zip(attempts_of(learner).order_by("attempt_number"), made, strict=True):
                seen: Any = row
                assert seen.results_visible is bool(expected.ended_by)
                assert seen.waits_for_a_person is (bool(expected.ended_by) and expected.is_pending)
                assert seen.answer_key_visible is (len(made) == LIMIT and not is_open)

    # ------------------------------------------------------------ the model

    def _end(self, attempt: Expected, ended_by: str) -> None:
        attempt.ended_by = ended_by
        attempt.earned = {name: self._earned(attempt, name) for name in POINTS}

    def _earned(self, attempt: Expected, name: str) -> Fraction | None:
        response = (attempt.responses.get(name) or "").strip()
        if name == "essay":
            return None if response else Fraction(0)
        if response == "half":
            return Fraction(POINTS[name], 2)
        return Fraction(POINTS[name] if response == {"choice": self.right_choice, "text": "yes"}[name] else 0)

    def _finished(self) -> Iterator[Expected]:
        return (each for made in self.expected for each in made if each.ended_by)

    @staticmethod
    def _refusal(attempt: Expected) -> type[exceptions.Refusal]:
        return exceptions.TimeExpired if attempt.ended_by == "timer" else exceptions.AttemptClosed

    @staticmethod
    def _stored(attempt: Expected) -> AssessmentAttempt:
        return AssessmentAttempt.objects.get(pk=attempt.pk)

    def _given(self, attempt: Expected, name: str, text: str | None) -> GivenResponse:
        question = self.questions[name]
        return (
            GivenResponse(question.pk, None) if text is None else given(self._stored(attempt), question, text)
        )

    def _texts(self, attempt: AssessmentAttempt) -> dict[str, str]:
        """What is stored, by the names of the questions, in the words of `RESPONSES`."""
        names = {question.pk: name for name, question in self.questions.items()}
        return {
            names[answer.question_id]: answer.selected_answer.answer_text
            if answer.selected_answer
            else answer.text_answer
            for answer in attempt.answers.exclude(response=None).select_related("selected_answer")
        }


@pytest.mark.django_db
def test_whatever_people_do_in_any_order_the_attempts_are_what_the_model_says() -> None:
    number = int(os.environ.get("ATTEMPTS_SEED", int.from_bytes(os.urandom(4))))
    print(f"ATTEMPTS_SEED={number} repeats this run")
    run_state_machine_as_test(
        seed(number)(Attempts),
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
