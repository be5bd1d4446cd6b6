"""Versions: what was asked stays asked, whatever becomes of the question; the key is the one that graded."""

import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from courses.constants import RegradePolicy
from courses.models import (
    Answer,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Question,
    QuestionVersion,
    User,
)
from courses.rules.canonical_json import canonical_json
from courses.services.question_editing import update_question
from courses.services.regrading import apply_regrade
from schema.core import ids
from tests import factories
from tests.schema.attempts.test_complete_attempt import _documented
from tests.taking import RIGHT, Api, answers_to, complete, six_types, start, submit

READ = _documented("graphql")

ASKED = ["question", "type", "text", "points", "selection", "choices", "prompts", "matches", "blanks"]

WITH_VERSIONS = """
query ($id: ID!) { attempt(id: $id) {
    questions { versionNumber text choices { id text } result { correctness pointsEarned }
        solution { choices texts explanation matches { prompt match } } }
} }
"""

VERSIONS = """
query ($id: ID!) { node(id: $id) { ... on Question { versions { number digest createdAt attemptCount } } } }
"""

CHANGES = """
query ($id: ID!) { attempt(id: $id) {
    gradeChanges { question reason changedBy { displayName } changedAt oldCredit newCredit oldPoints newPoints }
} }
"""

EXPLAIN = """
mutation ($input: ExplainGradeInput!) { explainGrade(input: $input) { steps userErrors { code } } }
"""

PREVIEW = """
mutation ($input: PreviewRegradeInput!) { previewRegrade(input: $input) {
    changes { partsChanged oldScore newScore attempt { id } } userErrors { code }
} }
"""


def _learner(assessment: Assessment) -> User:
    return factories.make_learner(assessment.lesson.course)


def _id(attempt: AssessmentAttempt) -> str:
    return ids.encode("AssessmentAttempt", attempt.pk)


def _asked(api: Api, viewer: User, attempt_id: str) -> Any:
    questions = api(READ, viewer, id=attempt_id)["attempt"]["questions"]
    return [{name: question[name] for name in ASKED} for question in questions]


def _documented_digest() -> Callable[[Any], str]:
    program: dict[str, Any] = {}
    exec(_documented("python"), program)  # noqa: S102 - the page's own example
    digest: Callable[[Any], str] = program["digest"]
    return digest


def _edit(question: Question, random: Random) -> None:
    """Change whatever the author may change of a question in use: texts, key, points, explanation; or go back."""
    text = random.choice(["One", "Two", "Three"])
    Question.objects.filter(pk=question.pk).update(
        question_text=f"{question.question_type} {text}?",
        points=random.randint(1, 9),
        explanation=random.choice(["", "Why."]),
    )
    answers = list(question.answers.all())
    right = random.choice(answers) if answers else None
    for answer in answers:
        several = question.question_type != "true_false" and random.random() < 0.5
        answer.is_correct = answer == right or several or bool(answer.blank_key)
        if answer.answer_text:
            answer.answer_text = f"{text} {answer.order}"
        if answer.match_text:
            answer.match_text = f"{text} match {answer.order}"
        answer.save()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.django_db
def test_an_attempt_reads_the_same_for_ever_and_its_receipt_verifies(api: Api, seed: int) -> None:
    random, digest = Random(seed), _documented_digest()
    assessment = six_types(max_attempts=50, randomize_questions=True)
    author, learners = factories.make_staff(), [_learner(assessment) for _ in range(2)]
    shown: dict[str, Any] = {}
    open_attempts: dict[User, Any] = {}
    receipts: dict[str, Any] = {}
    owners: dict[str, User] = {}

    def start_one(learner: User) -> None:
        if learner not in open_attempts:
            attempt = start(api, learner, assessment)
            open_attempts[learner] = attempt
            owners[attempt["id"]] = learner
            shown[attempt["id"]] = _asked(api, learner, attempt["id"])

    def responses(attempt: Any) -> Any:
        some = [question for question in attempt["questions"] if question["choices"]]
        picked = random.sample(some, random.randint(1, len(some)))
        return [
            {
                "questionId": question["question"],
                "response": {"choices": [random.choice(question["choices"])["id"]]},
            }
            for question in picked
        ]

    def save(learner: User) -> None:
        if attempt := open_attempts.get(learner):
            answers = responses(attempt)
            assert submit(api, learner, attemptId=attempt["id"], answers=answers)["userErrors"] == []

    def hand_in(learner: User) -> None:
        if attempt := open_attempts.pop(learner, None):
            complete(api, learner, attemptId=attempt["id"])
            receipts[attempt["id"]] = api(READ, learner, id=attempt["id"])["attempt"]["receipt"]

    def edit(_: User) -> None:
        _edit(random.choice(list(assessment.questions.all())), random)

    def regrade(_: User) -> None:
        policy = random.choice(list(RegradePolicy))
        apply_regrade(grader=author, assessment_id=assessment.pk, policy=policy)

    for _ in range(30):
        random.choice([start_one, save, hand_in, edit, edit, regrade])(random.choice(learners))
        for attempt_id, before in shown.items():
            assert _asked(api, owners[attempt_id], attempt_id) == before
        for attempt_id, receipt in receipts.items():
            answer = api(READ, owners[attempt_id], id=attempt_id)["attempt"]
            assert answer["receipt"] == receipt
            assert digest(answer) == receipt["digest"]
    assert shown


@pytest.mark.django_db
def test_versions_are_counted_and_told_to_learners_by_their_number_alone(api: Api) -> None:
    question = factories.single_choice(factories.make_assessment(max_attempts=1))
    first, second = (_learner(question.assessment) for _ in range(2))
    before = start(api, first, question.assessment)
    Question.objects.update(question_text="Edited?")
    after = start(api, second, question.assessment)
    complete(api, second, attemptId=after["id"])
    staff = factories.make_staff()
    for viewer, attempt, number in ((first, before, 1), (second, after, 2), (staff, before, 1)):
        shown = api(WITH_VERSIONS, viewer, id=attempt["id"])["attempt"]
        assert [each["versionNumber"] for each in shown["questions"]] == [number]
        text = json.dumps(api(READ, viewer, id=attempt["id"]).data) + json.dumps(shown)
        for version in QuestionVersion.objects.all():
            assert version.digest not in text
            for part in (version.content, version.content["answers"]):
                assert hashlib.sha256(canonical_json(part)).hexdigest() not in text


@pytest.mark.django_db
def test_staff_see_versions_with_the_number_of_their_attempts(api: Api) -> None:
    question = factories.single_choice(factories.make_assessment(max_attempts=1))
    for _ in range(2):
        start(api, _learner(question.assessment), question.assessment)
    Question.objects.update(points=3)
    start(api, _learner(question.assessment), question.assessment)
    asked = {"id": ids.encode("Question", question.pk)}
    versions = api(VERSIONS, factories.make_staff(), **asked)["node"]["versions"]
    assert [(each["number"], each["attemptCount"]) for each in versions] == [(1, 2), (2, 1)]
    stored = QuestionVersion.objects.order_by("number")
    assert [each["digest"] for each in versions] == list(stored.values_list("digest", flat=True))
    for viewer in (User.objects.filter(is_staff=False).first(), None):
        answered = api(VERSIONS, viewer, **asked)
        assert not (answered.data or {}).get("node")


def _single(max_attempts: int = 1, points: int = 4) -> Question:
    assessment = factories.make_assessment(max_attempts=max_attempts, show_correct_answers=True)
    return factories.single_choice(
        assessment,
        right="Paris",
        wrong=("Lyon",),
        points=points,
        question_text="Capital?",
        explanation="Old.",
    )


def _take(api: Api, question: Question, pick: str | None, meanwhile: Callable[[], Any] = lambda: None) -> Any:
    learner = _learner(question.assessment)
    attempt = start(api, learner, question.assessment)
    text = attempt["questions"][0]["text"]
    answers = answers_to(attempt, {text: [pick]} if pick else {})
    submit(api, learner, attemptId=attempt["id"], answers=answers)
    meanwhile()
    complete(api, learner, attemptId=attempt["id"])
    return learner, attempt["id"]


def _mend() -> None:
    """Lyon is right, and Paris is called something else; nobody has started since."""
    Answer.objects.filter(answer_text="Paris").update(is_correct=False, answer_text="Roma")
    Answer.objects.filter(answer_text="Lyon").update(is_correct=True, answer_text="Bern")
    Question.objects.update(explanation="New.", points=9, question_text="Which?")


def _solution(api: Api, viewer: User, attempt_id: str) -> Any:
    """The texts, as they were asked, of what the solution calls right; the explanation; and the result."""
    [question] = api(WITH_VERSIONS, viewer, id=attempt_id)["attempt"]["questions"]
    texts = {choice["id"]: choice["text"] for choice in question["choices"]}
    solution = question["solution"]
    return (
        question["text"],
        [texts[choice] for choice in solution["choices"]],
        solution["explanation"],
        question["result"]["pointsEarned"],
    )


def _steps(api: Api, viewer: User, attempt_id: str, question: Question) -> list[str]:
    asked = {"attemptId": attempt_id, "questionId": ids.encode("Question", question.pk)}
    steps: list[str] = api(EXPLAIN, viewer, input=asked)["explainGrade"]["steps"]
    return steps


@pytest.mark.django_db
@pytest.mark.parametrize(("pick", "points"), [("Lyon", 4), ("Paris", 0), (None, 0)])
def test_a_key_mended_while_somebody_works_counts_and_is_the_solution(
    api: Api, pick: str | None, points: int
) -> None:
    question = _single()
    learner, attempt = _take(api, question, pick, meanwhile=_mend)
    assert _solution(api, learner, attempt) == ("Capital?", ["Lyon"], "New.", points)
    steps = _steps(api, learner, attempt, question)
    assert not any(word in "".join(steps) for word in ("Bern", "Roma"))
    assert any(f"“{pick}”" in step for step in steps) is bool(pick)
    asked, graded_by = QuestionVersion.objects.order_by("number")
    assert AttemptAnswer.objects.get().graded_version == graded_by
    assert AssessmentAttempt.objects.get().layout["questions"][0]["version"] == asked.pk


@pytest.mark.django_db
def test_a_key_mended_afterwards_changes_neither_grade_nor_solution_nor_explanation(api: Api) -> None:
    question = _single()
    learner, attempt = _take(api, question, "Paris")
    before = _solution(api, learner, attempt), _steps(api, learner, attempt, question)
    assert before[0] == ("Capital?", ["Paris"], "Old.", 4)
    _mend()
    assert (_solution(api, learner, attempt), _steps(api, learner, attempt, question)) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "pick", "expected"),
    [
        (RegradePolicy.EXACT, "Paris", ("Capital?", ["Lyon"], "New.", 0)),
        (RegradePolicy.EXACT, "Lyon", ("Capital?", ["Lyon"], "New.", 4)),
        (RegradePolicy.EXACT, None, ("Capital?", ["Lyon"], "New.", 0)),
        (RegradePolicy.NEVER_LOWER, "Paris", ("Capital?", ["Paris"], "Old.", 4)),
        (RegradePolicy.NEVER_LOWER, "Lyon", ("Capital?", ["Lyon"], "New.", 4)),
        (RegradePolicy.FULL_CREDIT, "Paris", ("Capital?", ["Lyon"], "New.", 4)),
    ],
)
def test_a_regrade_shows_the_key_that_the_grade_stands_by(
    api: Api, policy: RegradePolicy, pick: str | None, expected: Any
) -> None:
    question = _single()
    learner, attempt = _take(api, question, pick)
    _mend()
    apply_regrade(grader=factories.make_staff(), assessment_id=question.assessment_id, policy=policy)
    assert _solution(api, learner, attempt) == expected


@pytest.mark.django_db
def test_a_preview_makes_no_version(api: Api) -> None:
    question = _single()
    _, attempt = _take(api, question, "Lyon")
    _mend()
    asked = {"assessmentId": ids.encode("Assessment", question.assessment_id), "policy": "EXACT"}
    changes = api(PREVIEW, factories.make_staff(), input=asked)["previewRegrade"]["changes"]
    assert changes == [{"partsChanged": False, "oldScore": 0, "newScore": 4, "attempt": {"id": attempt}}]
    assert QuestionVersion.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "score", "parts_changed"),
    [("EXACT", 4, True), ("NEVER_LOWER", 4, True), ("FULL_CREDIT", 4, False)],
)
def test_what_was_asked_parts_that_are_gone_stays_as_it_is(
    api: Api, policy: str, score: int, parts_changed: bool
) -> None:
    question = _single()
    wrong = _take(api, question, "Lyon")
    _, attempt = _take(api, question, "Paris")
    question.answers.filter(answer_text="Lyon").delete()
    Answer.objects.create(question=question, text="Nice", is_correct=True)
    asked = {"assessmentId": ids.encode("Assessment", question.assessment_id), "policy": policy}
    staff = factories.make_staff()
    changes = api(PREVIEW, staff, input=asked)["previewRegrade"]["changes"]
    found = {each["attempt"]["id"]: (each["partsChanged"], each["newScore"]) for each in changes}
    unchanged = {attempt: (True, 4), wrong[1]: (True, 0)}
    assert found == (unchanged if parts_changed else {wrong[1]: (False, 4)})
    apply_regrade(grader=staff, assessment_id=question.assessment_id, policy=RegradePolicy[policy])
    assert AssessmentAttempt.objects.get(pk=int(ids.decode(attempt)[1])).score == score
    assert _solution(api, *wrong)[1] == ["Paris"]


@pytest.mark.django_db
def test_parts_that_are_gone_while_somebody_works_are_graded_as_they_were_asked(api: Api) -> None:
    question = _single()

    def replace() -> None:
        question.answers.all().delete()
        Answer.objects.create(question=question, text="Nice", is_correct=True)

    learner, attempt = _take(api, question, "Paris", meanwhile=replace)
    assert _solution(api, learner, attempt) == ("Capital?", ["Paris"], "Old.", 4)


@pytest.mark.django_db
def test_points_and_texts_of_a_question_in_use_may_change_and_attempts_keep_theirs(api: Api) -> None:
    question = _single()
    learner, attempt = _take(api, question, "Paris")
    update_question(
        author=factories.make_staff(),
        question_id=question.pk,
        draft={
            "text": "Which?",
            "points": 9,
            "answers": [{"text": "Rome", "is_correct": True}, {"text": "Lyon"}],
        },
    )
    [shown] = api(READ, learner, id=attempt)["attempt"]["questions"]
    assert (shown["text"], shown["points"]) == ("Capital?", 4)
    assert {choice["text"] for choice in shown["choices"]} == {"Paris", "Lyon"}


@pytest.mark.django_db
def test_staff_see_how_grades_were_changed_and_nobody_else_does(api: Api) -> None:
    question = _single()
    learner, attempt = _take(api, question, "Lyon")
    author = factories.make_staff(display_name="Author")
    assert api(CHANGES, author, id=attempt)["attempt"] == {"gradeChanges": []}
    _mend()
    apply_regrade(grader=author, assessment_id=question.assessment_id, policy=RegradePolicy.EXACT)
    [change] = api(CHANGES, author, id=attempt)["attempt"]["gradeChanges"]
    assert change.pop("changedAt")
    assert change == {
        "question": ids.encode("Question", question.pk),
        "reason": "REGRADE",
        "changedBy": {"displayName": "Author"},
        "oldCredit": "0",
        "newCredit": "1",
        "oldPoints": "0",
        "newPoints": "4",
    }
    teacher = factories.make_user()
    question.assessment.lesson.course.instructors.add(teacher)
    assert len(api(CHANGES, teacher, id=attempt)["attempt"]["gradeChanges"]) == 1
    assert api(CHANGES, learner, id=attempt)["attempt"] == {"gradeChanges": None}
    assert (
        api(CHANGES, factories.make_learner(question.assessment.lesson.course), id=attempt)["attempt"] is None
    )


@pytest.mark.django_db
def test_a_key_of_texts_and_pairs_is_the_one_that_graded(api: Api) -> None:
    assessment = factories.make_assessment(max_attempts=1, show_correct_answers=True)
    factories.short_answer(assessment, "mitosis", question_text="Short?")
    factories.matching(assessment, {"cat": "meows", "dog": "barks"}, question_text="Pairs?")
    learner = _learner(assessment)
    attempt = start(api, learner, assessment)
    answers = answers_to(attempt, {name: RIGHT[name] for name in ("Short?", "Pairs?")})
    complete(api, learner, attemptId=attempt["id"], answers=answers)
    before = api(WITH_VERSIONS, learner, id=attempt["id"])["attempt"]["questions"]
    Answer.objects.filter(answer_text="mitosis").update(answer_text="meiosis")
    Answer.objects.filter(answer_text="cat").update(answer_text="Katze", match_text="miaut")
    assert api(WITH_VERSIONS, learner, id=attempt["id"])["attempt"]["questions"] == before
    apply_regrade(grader=factories.make_staff(), assessment_id=assessment.pk, policy=RegradePolicy.EXACT)
    short, pairs = api(WITH_VERSIONS, learner, id=attempt["id"])["attempt"]["questions"]
    assert (short["result"]["pointsEarned"], short["solution"]["texts"]) == (0, ["meiosis"])
    assert pairs == before[1]
    matching = assessment.questions.get(question_text="Pairs?")
    assert "“cat” paired with “meows”: right." in _steps(api, learner, attempt["id"], matching)
