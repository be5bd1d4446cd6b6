"""Guards of what attempts show: it is immutable and stays, enforced by the database.

The checks of deletions wait until the transaction commits: an assessment that goes with all its attempts takes its
questions and their versions along, in whatever order.
"""

from typing import Any

from courses.utils.triggers import TriggerConstraint

_IMMUTABLE = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A row of {rows} never changes' USING ERRCODE = 'check_violation', CONSTRAINT = '{trigger}';
END $$;
CREATE TRIGGER {trigger} BEFORE UPDATE ON {rows} FOR EACH ROW EXECUTE FUNCTION {trigger}();
"""

_KEPT = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS ({named}) THEN
        RAISE EXCEPTION 'Attempts show what was deleted of {rows}'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = '{trigger}';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER {trigger} AFTER DELETE ON {rows} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION {trigger}();
"""

_LAYOUT_NAMES_QUESTION = """
    SELECT FROM courses_assessmentattempt AS attempt
    WHERE attempt.assessment_id = OLD.assessment_id
        AND attempt.layout @> jsonb_build_object('questions', jsonb_build_array(jsonb_build_object('id', OLD.id)))
"""

_ATTEMPT_NAMES_VERSION = """
    SELECT FROM courses_question AS question
    JOIN courses_assessmentattempt AS attempt ON attempt.assessment_id = question.assessment_id
    WHERE question.id = OLD.question_id AND (
        attempt.layout @> jsonb_build_object('questions', jsonb_build_array(jsonb_build_object('version', OLD.id)))
        OR EXISTS (
            SELECT FROM courses_attemptanswer AS answered WHERE answered.attempt_id = attempt.id
                AND answered.question_id = OLD.question_id AND answered.graded_version_id = OLD.id
        )
    )
"""
"""Versions of a question that is deleted as well need no look: the question itself is kept while it is laid out."""


class Immutable(TriggerConstraint):
    """No row is ever updated."""

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        return _IMMUTABLE.format(trigger=self.name, rows=schema_editor.quote_name(model._meta.db_table))


class KeptWhileLaidOut(TriggerConstraint):
    """No question is deleted while an attempt lays it out."""

    named = _LAYOUT_NAMES_QUESTION

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        rows = schema_editor.quote_name(model._meta.db_table)
        return _KEPT.format(trigger=self.name, rows=rows, named=self.named)


class KeptWhileNamed(KeptWhileLaidOut):
    """No version is deleted while an attempt lays it out or was graded by it."""

    named = _ATTEMPT_NAMES_VERSION
