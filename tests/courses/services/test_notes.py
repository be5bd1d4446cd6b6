"""Writing, changing and deleting notes on lessons."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import EnrollmentStatus
from courses.models import Course, Lesson, Note, StatisticsChange, User
from courses.services import notes
from tests import factories

pytestmark = pytest.mark.django_db

LARGEST_INTEGER = 2**31 - 1


@pytest.fixture
def course() -> Course:
    return factories.make_course(instructors=(factories.make_user(),))


@pytest.fixture
def lesson(course: Course) -> Lesson:
    return factories.make_lesson(course=course)


@pytest.fixture
def learner(course: Course) -> User:
    return factories.make_learner(course)


@pytest.fixture
def note(learner: User, lesson: Lesson) -> Note:
    return factories.make_note(learner, lesson, tags=["old"], timestamp_seconds=7)


def _stored(note: Note) -> Mapping[str, Any]:
    return Note.objects.filter(pk=note.pk).values().get()


class TestCreateNote:
    def test_a_new_note_is_private_unless_its_author_shares_it(self, learner: User, lesson: Lesson) -> None:
        first = notes.create_note(author=learner, lesson_id=lesson.pk, content="Mine.")
        second = notes.create_note(author=learner, lesson_id=lesson.pk, content="Ours.", is_private=False)
        assert (_stored(first)["is_private"], _stored(second)["is_private"]) == (True, False)

    def test_white_space_around_the_text_is_not_kept_and_tags_are_normalised(
        self, learner: User, lesson: Lesson
    ) -> None:
        note = notes.create_note(
            author=learner, lesson_id=lesson.pk, content="\n Text. ", tags=[" to  ask ", "TO ASK", "b"]
        )
        stored = _stored(note)
        assert (stored["content"], stored["tags"]) == ("Text.", ["to ask", "b"])

    @pytest.mark.parametrize("seconds", [None, 0, LARGEST_INTEGER])
    def test_the_place_in_the_film_is_kept_up_to_its_limits(
        self, learner: User, lesson: Lesson, seconds: int | None
    ) -> None:
        note = notes.create_note(
            author=learner, lesson_id=lesson.pk, content="Here.", timestamp_seconds=seconds
        )
        assert _stored(note)["timestamp_seconds"] == seconds

    def test_whoever_teaches_the_course_writes_notes_too(self, course: Course, lesson: Lesson) -> None:
        for author in (course.instructors.get(), factories.make_staff()):
            assert notes.create_note(author=author, lesson_id=lesson.pk, content="Hint.").user == author

    def test_a_note_makes_the_statistics_of_its_course_stale(self, learner: User, lesson: Lesson) -> None:
        StatisticsChange.objects.all().delete()
        notes.create_note(author=learner, lesson_id=lesson.pk, content="Mine.")
        assert StatisticsChange.objects.filter(course=lesson.course).exists()

    def _refused(self, kind: type[Exception], author: User, lesson_id: int, **fields: Any) -> Any:
        with pytest.raises(kind) as refused:
            notes.create_note(author=author, lesson_id=lesson_id, **{"content": "Text."} | fields)
        assert not Note.objects.exists()
        return refused.value

    @pytest.mark.parametrize("status", [None, EnrollmentStatus.WITHDRAWN])
    def test_whoever_takes_no_part_in_the_course_is_refused(self, lesson: Lesson, status: str | None) -> None:
        stranger = factories.make_user()
        if status:
            factories.enroll(stranger, lesson.course, status=status)
        refusal = self._refused(exceptions.NotEnrolled, stranger, lesson.pk)
        assert refusal.field == ("lessonId",)

    def test_a_lesson_that_is_hidden_and_one_that_is_missing_are_one_answer(self, learner: User) -> None:
        draft = factories.make_lesson(course=factories.make_course(is_published=False))
        hidden = self._refused(exceptions.NotFound, learner, draft.pk)
        missing = self._refused(exceptions.NotFound, learner, draft.pk + 1_000)
        assert (hidden.message, hidden.field) == (missing.message, missing.field)

    @pytest.mark.parametrize(
        ("fields", "at_fault"),
        [
            ({"content": ""}, "content"),
            ({"content": " \n\t "}, "content"),
            ({"timestamp_seconds": -1}, "timestamp_seconds"),
            ({"timestamp_seconds": LARGEST_INTEGER + 1}, "timestamp_seconds"),
        ],
    )
    def test_a_value_out_of_range_is_refused_by_the_name_of_its_field(
        self, learner: User, lesson: Lesson, fields: dict[str, Any], at_fault: str
    ) -> None:
        error = self._refused(ValidationError, learner, lesson.pk, **fields)
        assert list(error.message_dict) == [at_fault]

    def test_an_eleventh_tag_is_refused(self, learner: User, lesson: Lesson) -> None:
        refusal = self._refused(
            exceptions.TooManyTags, learner, lesson.pk, tags=[str(number) for number in range(11)]
        )
        assert refusal.message == "A note can have at most 10 tags. Please remove some."
        assert refusal.field == ("tags",)

    def test_a_tag_that_is_too_long_is_refused_by_its_place(self, learner: User, lesson: Lesson) -> None:
        refusal = self._refused(exceptions.Invalid, learner, lesson.pk, tags=["a", "x" * 51])
        assert refusal.field == ("tags", "1")


class TestUpdateNote:
    def test_only_what_is_named_changes(self, note: Note) -> None:
        notes.update_note(author=note.user, note_id=note.pk, content=" New. ")
        stored = _stored(note)
        assert (stored["content"], stored["tags"], stored["timestamp_seconds"]) == ("New.", ["old"], 7)

    def test_the_place_in_the_film_can_be_taken_away(self, note: Note) -> None:
        notes.update_note(author=note.user, note_id=note.pk, timestamp_seconds=None)
        assert _stored(note)["timestamp_seconds"] is None

    def test_new_tags_take_the_place_of_the_old_ones(self, note: Note) -> None:
        notes.update_note(author=note.user, note_id=note.pk, tags=["New", "new"])
        assert _stored(note)["tags"] == ["New"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"content": "  "},
            {"timestamp_seconds": -1},
            {"content": "New.", "tags": [""]},
            {"content": "New.", "tags": [str(number) for number in range(11)]},
        ],
    )
    def test_a_value_out_of_range_leaves_the_note_as_it_was(
        self, note: Note, changes: dict[str, Any]
    ) -> None:
        before = _stored(note)
        with pytest.raises((exceptions.Refusal, ValidationError)):
            notes.update_note(author=note.user, note_id=note.pk, **changes)
        assert _stored(note) == before

    def test_a_public_note_of_somebody_else_is_refused_and_a_private_one_not_found(
        self, course: Course, note: Note
    ) -> None:
        others = (factories.make_learner(course), course.instructors.get(), factories.make_staff())
        for is_private, kind in ((False, exceptions.PermissionDenied), (True, exceptions.NotFound)):
            Note.objects.filter(pk=note.pk).update(is_private=is_private)
            before = _stored(note)
            for other in others:
                with pytest.raises(kind):
                    notes.update_note(author=other, note_id=note.pk, content="Mine now.")
            assert _stored(note) == before

    def test_whoever_has_left_the_course_changes_notes_only_for_themselves(self, note: Note) -> None:
        note.user.enrollments.update(status=EnrollmentStatus.WITHDRAWN)
        notes.update_note(author=note.user, note_id=note.pk, content="Still mine.")
        with pytest.raises(exceptions.NotEnrolled) as refused:
            notes.update_note(author=note.user, note_id=note.pk, is_private=False)
        assert refused.value.field == ("isPrivate",)
        assert (_stored(note)["content"], _stored(note)["is_private"]) == ("Still mine.", True)


class TestDeleteNote:
    def test_deleting_a_note_makes_the_statistics_of_its_course_stale(self, note: Note) -> None:
        StatisticsChange.objects.all().delete()
        notes.delete_note(actor=note.user, note_id=note.pk)
        assert not Note.objects.exists()
        assert StatisticsChange.objects.get().course == note.lesson.course

    def test_staff_of_the_platform_may_delete_a_public_note_and_find_no_private_one(self, note: Note) -> None:
        moderator = factories.make_staff()
        with pytest.raises(exceptions.NotFound):
            notes.delete_note(actor=moderator, note_id=note.pk)
        assert Note.objects.exists()
        Note.objects.update(is_private=False)
        notes.delete_note(actor=moderator, note_id=note.pk)
        assert not Note.objects.exists()

    def test_everybody_else_is_refused(self, course: Course, note: Note) -> None:
        Note.objects.update(is_private=False)
        for other in (factories.make_learner(course), course.instructors.get()):
            with pytest.raises(exceptions.PermissionDenied) as refused:
                notes.delete_note(actor=other, note_id=note.pk)
            assert refused.value.message == "Only its owner can delete a note."
        assert Note.objects.exists()
