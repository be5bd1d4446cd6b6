"""Data sources of notes."""

from courses.selectors import notes
from schema.dataloaders.base import ByPk, PageOf

note_by_id = ByPk(selector=notes.notes_visible_to)
note_of_payload = ByPk(selector=notes.notes_visible_to, key="note_id")
notes_of_lesson = PageOf(selector=notes.notes_visible_to, by="lesson_id")
notes_of_viewer = PageOf(selector=notes.notes_of, by="user_id")
