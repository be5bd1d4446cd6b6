"""Writing through the admin: the services write, and what they refuse becomes a message."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from courses import exceptions, models
from courses.services.attempts import complete_attempt, start_attempt
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(client):
    """Somebody of the platform's staff, without any permission of Django's."""
    moderator = factories.make_staff()
    client.force_login(moderator)
    return moderator


def address(name: str, page: str, *args) -> str:
    return reverse(f"admin:courses_{name}_{page}", args=args)


def send(client, page: str, values: dict):
    """Send a form, and go where the answer leads."""
    return client.post(page, values, follow=True)


def said(response) -> list[str]:
    """What the page says that an answer led to."""
    return [str(message) for message in response.context["messages"]]


def formset(prefix: str, *forms: dict, initial: int = 0) -> dict:
    values = {
        f"{prefix}-{place}-{name}": value for place, form in enumerate(forms) for name, value in form.items()
    }
    counts = {"TOTAL": len(forms), "INITIAL": initial, "MIN_NUM": 0, "MAX_NUM": 1000}
    return values | {f"{prefix}-{name}_FORMS": number for name, number in counts.items()}


COURSE = {"title": "Tea", "slug": "tea", "description": "", "price": "0", "currency": "EUR"}


def test_a_course_is_created_with_its_instructors(client, moderator):
    instructor = factories.make_user()
    send(client, address("course", "add"), COURSE | {"instructors": [instructor.pk]})
    course = models.Course.objects.get(slug="tea")
    assert set(course.instructors.all()) == {instructor}


def test_an_edit_of_a_course_leaves_its_instructors(client, moderator):
    instructor = factories.make_user()
    course = factories.make_course(instructors=(instructor,), **COURSE)
    send(
        client,
        address("course", "change", course.pk),
        COURSE | {"title": "Green tea", "instructors": [instructor.pk]},
    )
    course.refresh_from_db()
    assert (course.title, list(course.instructors.all())) == ("Green tea", [instructor])


def test_a_course_keeps_somebody_who_teaches_it(client, moderator):
    instructor = factories.make_user()
    course = factories.make_course(instructors=(instructor,), **COURSE)
    page = address("course", "change", course.pk)
    response = send(client, page, COURSE | {"title": "Green tea", "instructors": []})
    assert said(response) == ["Nobody else teaches this course. Please add another instructor first."]
    course.refresh_from_db()
    assert (course.title, list(course.instructors.all())) == ("Tea", [instructor])


@pytest.mark.parametrize("name", ["course", "lesson"])
@pytest.mark.parametrize("selects", [False, True])
def test_a_course_or_lesson_is_deleted_unless_learners_would_lose_something(client, moderator, name, selects):
    lesson = factories.make_lesson(course=factories.make_course(instructors=(factories.make_user(),)))
    note = factories.make_note(factories.make_learner(lesson.course), lesson)
    row = lesson if name == "lesson" else lesson.course
    page, values = address(name, "delete", row.pk), {"post": "yes"}
    if selects:
        page = address(name, "changelist")
        values |= {"action": "delete_selected", "_selected_action": str(row.pk)}
    instead = {"course": "You can unpublish it instead.", "lesson": "You can edit it instead."}[name]
    assert said(send(client, page, values)) == [f"Learners would lose notes with this {name}. {instead}"]
    assert models.Note.objects.get() == note
    note.delete()
    send(client, page, values)
    assert not models.Lesson.objects.exists()
    assert models.Course.objects.exists() == (name == "lesson")


NO_NUMBERS = [
    "1e-99999999",
    "1e99999999",
    "0e99999999",
    "0e-99999999",
    "NaN",
    "Infinity",
    "1_000",
    "٣",
    "1" * 5_000,
]


@pytest.mark.parametrize("price", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_a_price_that_is_no_plain_number_is_refused_at_its_field(client, moderator, price):
    response = client.post(address("course", "add"), COURSE | {"price": price})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["price"]
    assert not models.Course.objects.exists()


def test_a_lesson_is_written_with_its_material(client, moderator):
    course = factories.make_course()
    slides = {"title": "Slides", "kind": "document", "url": "https://example.org/slides"}
    values = {"course": course.pk, "title": "Leaves", "content": "", **formset("resources", slides)}
    send(client, address("lesson", "add"), values)
    lesson = course.lessons.get()
    resource = lesson.resources.get()
    kept = slides | {"id": resource.pk, "lesson": lesson.pk, "title": "New slides"}
    values = {"title": "Stems", "content": "", **formset("resources", kept, initial=1)}
    send(client, address("lesson", "change", lesson.pk), values)
    lesson.refresh_from_db()
    assert (lesson.title, lesson.order) == ("Stems", 1)
    assert list(lesson.resources.values_list("pk", "title")) == [(resource.pk, "New slides")]


def answer(text: str, **fields) -> dict:
    return {"answer_text": text, "text_match": "ignore_case"} | fields


QUESTION = {"question_text": "Is it?", "question_type": "true_false", "points": 1, "explanation": ""}
QUESTION |= {"scoring": "right_minus_wrong"}


def test_a_question_is_written_with_its_answers(client, moderator):
    assessment = factories.make_assessment()
    answers = [answer("True", is_correct="on"), answer("False")]
    values = QUESTION | {"assessment": assessment.pk} | formset("answers", *answers)
    send(client, address("question", "add"), values)
    question = assessment.questions.get()
    stored = list(question.answers.order_by("order").values_list("pk", "answer_text", "is_correct"))
    assert [row[1:] for row in stored] == [("True", True), ("False", False)]

    edited = [
        answer("True", id=stored[0][0], question=question.pk),
        answer("No", id=stored[1][0], question=question.pk, is_correct="on"),
    ]
    values = QUESTION | {"points": 3} | formset("answers", *edited, initial=2)
    send(client, address("question", "change", question.pk), values)
    question.refresh_from_db()
    assert question.points == 3
    assert list(question.answers.order_by("order").values_list("pk", "answer_text", "is_correct")) == [
        (stored[0][0], "True", False),
        (stored[1][0], "No", True),
    ]


@pytest.mark.parametrize("number", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
@pytest.mark.parametrize("name", ["tolerance", "credit"])
def test_so_is_a_tolerance_or_a_credit(client, moderator, name, number):
    values = QUESTION | {"assessment": factories.make_assessment().pk}
    values |= formset("answers", answer("11.7", **{name: number}))

    response = client.post(address("question", "add"), values)

    assert response.status_code == 200
    [inline] = response.context["inline_admin_formsets"]
    assert [list(errors) for errors in inline.formset.errors] == [[name]]
    assert not models.Question.objects.exists()


def test_a_credit_that_the_scoring_policy_ignores_becomes_a_message(client, moderator):
    assessment = factories.make_assessment()
    answers = [
        answer("a", is_correct="on", credit="0.5"),
        answer("b", is_correct="on"),
        answer("c", credit="-0.5"),
    ]
    values = QUESTION | {
        "question_type": "multiple_choice",
        "assessment": assessment.pk,
        "scoring": "all_or_nothing",
    }
    values |= formset("answers", *answers)
    assert [
        sentence.partition(":")[0] for sentence in said(send(client, address("question", "add"), values))
    ] == [
        "question.answers.2.credit",
        "question.answers.0.credit",
    ]
    assert not assessment.questions.exists()
    send(client, address("question", "add"), values | {"scoring": "weighted"})
    assert [str(row.credit) for row in assessment.questions.get().answers.order_by("order")] == [
        "0.5000",
        "None",
        "-0.5000",
    ]


def test_what_can_never_be_right_becomes_a_message(client, moderator):
    assessment = factories.make_assessment()
    answers = [answer("True", is_correct="on"), answer("False", is_correct="on")]
    values = QUESTION | {"assessment": assessment.pk} | formset("answers", *answers)
    response = send(client, address("question", "add"), values)
    assert said(response) == ["question.answers: Only one answer of a true/false question can be correct."]
    assert not assessment.questions.exists()


def test_a_question_in_use_keeps_its_type_and_stays(client, moderator):
    question = factories.true_false(factories.make_assessment())
    learner = factories.make_learner(question.assessment.lesson.course)
    factories.make_attempt(learner, question.assessment)
    answers = [
        answer(row.answer_text, id=row.pk, question=question.pk) for row in question.answers.order_by("order")
    ]
    values = QUESTION | {"question_type": "essay"} | formset("answers", *answers, initial=2)
    sentence = "Learners have answered this question, so it cannot be removed or change its type."
    assert said(send(client, address("question", "change", question.pk), values)) == [sentence]
    assert said(send(client, address("question", "delete", question.pk), {"post": "yes"})) == [sentence]
    selected = {"action": "delete_selected", "_selected_action": question.pk, "post": "yes"}
    assert said(send(client, address("question", "changelist"), selected)) == [sentence]
    question.refresh_from_db()
    assert question.question_type == "true_false"


@pytest.mark.parametrize("with_the_list", [True, False])
def test_a_question_that_no_attempt_has_is_removed(client, moderator, with_the_list):
    question, after = (
        factories.single_choice(assessment) for assessment in [factories.make_assessment()] * 2
    )
    if with_the_list:
        selected = {"action": "delete_selected", "_selected_action": question.pk, "post": "yes"}
        send(client, address("question", "changelist"), selected)
    else:
        send(client, address("question", "delete", question.pk), {"post": "yes"})
    assert list(models.Question.objects.values_list("pk", "order")) == [(after.pk, 1)]


ASSESSMENT = {"title": "Leaves", "description": "", "passing_score": 60, "max_attempts": 2, "time_limit": 0}


def test_an_assessment_is_written_with_its_questions(client, moderator):
    lesson = factories.make_lesson()
    asked = QUESTION | {"question_type": "essay", "question_text": "Why?"}
    values = ASSESSMENT | {"lesson": lesson.pk} | formset("questions", asked)
    send(client, address("assessment", "add"), values)
    assessment = lesson.assessment
    question = assessment.questions.get()
    assert (assessment.passing_score, question.question_text) == (60, "Why?")

    ids = {"id": question.pk, "assessment": assessment.pk}
    values = ASSESSMENT | {"passing_score": 70}
    values |= formset("questions", asked | ids | {"DELETE": "on"}, asked | {"points": 4}, initial=1)
    send(client, address("assessment", "change", assessment.pk), values)
    assessment.refresh_from_db()
    assert assessment.passing_score == 70
    assert list(assessment.questions.values_list("order", "points")) == [(1, 4)]


def test_an_assessment_that_was_taken_stays(client, moderator):
    assessment = factories.make_assessment()
    factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    response = send(client, address("assessment", "delete", assessment.pk), {"post": "yes"})
    assert said(response) == ["Learners have taken this assessment, so it cannot be removed."]
    assert models.Assessment.objects.filter(pk=assessment.pk).exists()


@pytest.fixture
def reviews():
    course = factories.make_course()
    return [factories.make_review(factories.make_learner(course), course, is_approved=False) for _ in "ab"]


def moderate(client, action: str, *chosen: models.Review):
    selected = {"action": action, "_selected_action": [review.pk for review in chosen]}
    return send(client, address("review", "changelist"), selected)


def standings() -> list[tuple[bool, bool]]:
    return list(models.Review.objects.order_by("pk").values_list("is_approved", "is_featured"))


def test_selected_reviews_are_approved_featured_and_withheld(client, moderator, reviews):
    assert said(moderate(client, "approve", *reviews)) == ["2 reviews were moderated."]
    assert standings() == [(True, False), (True, False)]
    moderate(client, "feature", reviews[1])
    assert standings() == [(True, False), (True, True)]
    moderate(client, "withhold", *reviews)
    assert standings() == [(False, False), (False, False)]


def test_moderating_ones_own_review_is_refused_together_with_the_others(client, moderator):
    course = factories.make_course()
    own = factories.make_review(moderator, course, is_approved=False)
    others = [
        factories.make_review(factories.make_learner(course), course, is_approved=False) for _ in range(2)
    ]
    assert said(moderate(client, "approve", own, *others)) == [
        "You cannot moderate your own review. Please ask another moderator."
    ]
    assert standings() == [(False, False)] * 3


def test_a_review_is_moderated_on_its_page_and_its_text_stays(client, moderator, reviews):
    values = {"is_approved": "on", "moderation_notes": "Fine.", "content": "Something else entirely."}
    send(client, address("review", "change", reviews[0].pk), values)
    review = models.Review.objects.get(pk=reviews[0].pk)
    assert (review.is_approved, review.moderation_notes) == (True, "Fine.")
    assert review.content == reviews[0].content


def test_an_announcement_asks_what_and_reaches_everybody_in_the_courses(client, moderator):
    courses = [factories.make_course() for _ in range(2)]
    learners = {factories.make_learner(course) for course in courses}
    factories.make_learner(factories.make_course())
    selected = {"action": "announce", "_selected_action": [course.pk for course in courses]}
    asked = send(client, address("course", "changelist"), selected)
    assert asked.status_code == 200
    assert not models.Notification.objects.exists()
    written = {"announce": "Announce", "title": "News", "message": "There is tea.", "action_url": "/tea"}
    assert said(send(client, address("course", "changelist"), selected | written)) == ["2 people were told."]
    told = models.Notification.objects.values_list("user", "title", "action_url")
    assert set(told) == {(learner.pk, "News", "/tea") for learner in learners}


def test_an_announcement_of_nothing_that_shows_is_asked_for_again(client, moderator):
    course = factories.make_course()
    factories.make_learner(course)
    selected = {"action": "announce", "_selected_action": course.pk}
    written = {"announce": "Announce", "title": "\u200b\u3164", "message": "\u00ad"}
    response = send(client, address("course", "changelist"), selected | written)
    blank = ["This field cannot be blank."]
    assert response.context["form"].errors == {"title": blank, "message": blank}
    assert not models.Notification.objects.exists()


def test_a_refused_announcement_tells_nobody(client, moderator):
    course = factories.make_course()
    factories.make_learner(course)
    selected = {"action": "announce", "_selected_action": course.pk}
    written = {
        "announce": "Announce",
        "title": "News",
        "message": "Tea.",
        "action_url": "javascript:alert(1)",
    }
    response = send(client, address("course", "changelist"), selected | written)
    assert said(response) == [
        "action_url: Please give an https address or a path that begins with one slash."
    ]
    assert not models.Notification.objects.exists()


class TestErasing:
    """Deleting a person in the admin erases the account: the row stays as a stub."""

    @pytest.fixture
    def superuser(self, client):
        superuser = factories.make_user(username="root", is_staff=True, is_superuser=True)
        client.force_login(superuser)
        return superuser

    def test_the_page_tells_what_goes_and_erases(self, client, superuser):
        person = factories.make_user(display_name="Ada Lovelace")
        factories.make_note(person, factories.make_lesson())
        attempt = factories.make_attempt(person, factories.make_assessment())
        attempt.complete()
        asked = client.get(address("user", "delete", person.pk)).content.decode()
        assert "1 notes" in asked
        assert "assessment attempts" not in asked
        send(client, address("user", "delete", person.pk), {"post": "yes"})
        person.refresh_from_db()
        assert (person.shown_name, person.is_active) == ("Deleted user", False)
        assert models.AssessmentAttempt.objects.get(pk=attempt.pk).user == person
        assert not LogEntry.objects.filter(object_repr__contains="Ada").exists()

    @pytest.mark.parametrize("with_the_list", [True, False])
    def test_a_refusal_becomes_a_message_and_nobody_is_erased(self, client, superuser, with_the_list):
        people = [factories.make_user(), factories.make_user()]
        factories.make_course(title="Tea", instructors=(people[1],))
        if with_the_list:
            chosen = [person.pk for person in people]
            values = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
            response = send(client, address("user", "changelist"), values)
        else:
            response = send(client, address("user", "delete", people[1].pk), {"post": "yes"})
        assert said(response) == ["Nobody else teaches “Tea”. Please add another instructor there first."]
        assert not models.User.objects.exclude(erased_at=None).exists()

    def test_staff_without_the_permission_erase_nobody(self, client, moderator):
        person = factories.make_user()
        assert client.post(address("user", "delete", person.pk), {"post": "yes"}).status_code == 403
        person.refresh_from_db()
        assert person.erased_at is None


# ---------------------------------------------------------------- accommodations


def _form(**fields):
    """The form of an accommodation; moments have two fields each."""
    moments = {f"{name}_{part}": "" for name in ("opens_at", "closes_at") for part in (0, 1)}
    return {"may_retake_after_key": "unknown", "reason": ""} | moments | fields


def test_an_accommodation_is_granted_changed_and_revoked_by_the_services(client, moderator):
    """Whoever could see the key makes no further attempt by it."""
    assessment = factories.make_assessment(max_attempts=1)
    factories.single_choice(assessment)
    learner = factories.make_learner(assessment.lesson.course)
    attempt = factories.make_completed_attempt(learner, assessment)
    place = {"user": learner.pk, "course": assessment.lesson.course_id, "assessment": assessment.pk}
    send(client, address("accommodation", "add"), _form(**place, extra_attempts=2))
    granted = models.Accommodation.objects.get()
    assert (granted.user, granted.assessment, granted.extra_attempts) == (learner, assessment, 2)
    assert granted.granted_by == moderator
    attempt.refresh_from_db()
    assert attempt.key_opened_at is not None
    send(client, address("accommodation", "change", granted.pk), _form(extra_attempts=2, extra_minutes=5))
    granted.refresh_from_db()
    assert (granted.extra_attempts, granted.extra_minutes) == (2, 5)
    send(client, address("accommodation", "delete", granted.pk), {"post": "yes"})
    assert not models.Accommodation.objects.exists()


def test_an_accommodation_of_somebody_who_is_not_enrolled_is_refused(client, moderator):
    assessment = factories.make_assessment()
    place = {
        "user": factories.make_user().pk,
        "course": assessment.lesson.course_id,
        "assessment": assessment.pk,
    }
    response = send(client, address("accommodation", "add"), _form(**place, extra_attempts=2))
    assert said(response) == ["Does not take this course. Please enroll them first."]
    assert not models.Accommodation.objects.exists()


def test_more_attempts_granted_to_all_stamp_the_keys_that_were_open(client, moderator):
    assessment = factories.make_assessment(max_attempts=1)
    factories.single_choice(assessment)
    attempt = factories.make_completed_attempt(factories.make_learner(assessment.lesson.course), assessment)
    question = assessment.questions.get()
    values = {
        "title": assessment.title,
        "description": "",
        "passing_score": 50,
        "max_attempts": 5,
        "time_limit": 0,
        "show_results": "on",
        "show_correct_answers": "on",
        "is_published": "on",
    }
    values |= {
        f"{name}_{part}": ""
        for name in ("opens_at", "closes_at", "results_from", "key_from")
        for part in (0, 1)
    }
    kept = {"id": question.pk, "assessment": assessment.pk, "question_text": question.question_text}
    kept |= {
        "question_type": question.question_type,
        "points": 1,
        "scoring": question.scoring,
        "explanation": "",
    }
    send(
        client, address("assessment", "change", assessment.pk), values | formset("questions", kept, initial=1)
    )
    assessment.refresh_from_db()
    attempt.refresh_from_db()
    assert (assessment.max_attempts, attempt.key_opened_at is not None) == (5, True)


def test_more_attempts_are_not_for_whoever_has_seen_the_key(client, moderator):
    question = factories.true_false(factories.make_assessment(max_attempts=1))
    assessment, course = question.assessment, question.assessment.lesson.course
    learner, classmate = factories.make_learner(course), factories.make_learner(course)
    attempt = factories.make_attempt(learner, assessment)
    complete_attempt(learner=learner, attempt_id=attempt.pk)
    shown = {"show_results": "on", "show_correct_answers": "on", "is_published": "on"}
    asked = {"id": question.pk, "assessment": assessment.pk}
    questions = formset("questions", QUESTION | asked, initial=1)
    values = ASSESSMENT | shown | {"max_attempts": 5} | questions
    send(client, address("assessment", "change", assessment.pk), values)
    assessment.refresh_from_db()
    assert assessment.max_attempts == 5
    with pytest.raises(exceptions.AnswerKeySeen):
        start_attempt(learner=learner, assessment_id=assessment.pk)
    assert learner.attempts.get() == attempt
    assert start_attempt(learner=classmate, assessment_id=assessment.pk).created
