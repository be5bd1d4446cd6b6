"""Rules of "PostGraphile, same rules" in SQL: a role of requests, row level security, and a function that saves.

They mean what our selectors and `submit_answers` mean in W1 to W4. The tables that these narrow have a policy. Lessons,
assessments and people have none: ours shows them to whoever sees their course, attempt or review. Granted are the
columns that the workloads read, and so neither the key nor anybody's account.
"""

ROLE = "benchmark_person"
"""Role of every request; the settings `same_rules.person` and `same_rules.is_staff` tell whose it is."""

_PERSON = "(SELECT nullif(current_setting('same_rules.person', TRUE), '')::bigint)"
_IS_STAFF = "(SELECT coalesce(nullif(current_setting('same_rules.is_staff', TRUE), '')::boolean, FALSE))"

_FUNCTIONS = f"""
CREATE FUNCTION same_rules.teaches(bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT {_IS_STAFF} OR EXISTS (
        SELECT FROM courses_course_instructors WHERE course_id = $1 AND user_id = {_PERSON})
$$;
CREATE FUNCTION same_rules.teaches_assessment(bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT {_IS_STAFF} OR EXISTS (
        SELECT FROM courses_assessment AS assessment
        JOIN courses_lesson AS lesson ON lesson.id = assessment.lesson_id
        JOIN courses_course_instructors AS teaching ON teaching.course_id = lesson.course_id
        WHERE assessment.id = $1 AND teaching.user_id = {_PERSON})
$$;
CREATE FUNCTION same_rules.takes(bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT EXISTS (
        SELECT FROM courses_enrollment
        WHERE course_id = $1 AND user_id = {_PERSON} AND status <> 'withdrawn')
$$;
CREATE FUNCTION same_rules.submit_answers(of_attempt bigint, of_question bigint, places integer[])
RETURNS integer LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
    own record;
    entry jsonb;
    picked bigint[];
    given jsonb;
    revised integer;
BEGIN
    SELECT attempt.revision, attempt.layout, attempt.deadline_at, attempt.is_completed
        OR coalesce(attempt.deadline_at < statement_timestamp() - interval '10 seconds', FALSE) AS is_over
    INTO own FROM courses_assessmentattempt AS attempt
    WHERE attempt.id = of_attempt AND attempt.user_id = {_PERSON} FOR NO KEY UPDATE;
    IF NOT FOUND THEN RAISE 'NOT_FOUND'; END IF;
    IF own.is_over THEN RAISE 'ATTEMPT_CLOSED'; END IF;

    SELECT laid_out INTO entry FROM jsonb_array_elements(own.layout -> 'questions') AS laid_out
    WHERE (laid_out ->> 'id')::bigint = of_question AND laid_out ? 'choices'
        AND EXISTS (SELECT FROM courses_question AS question WHERE question.id = of_question);
    SELECT coalesce(array_agg(choice ORDER BY choice), '{{}}') INTO picked
    FROM (SELECT DISTINCT (entry -> 'choices' ->> place)::bigint AS choice
        FROM unnest(places) AS place WHERE place >= 0) AS offered WHERE choice IS NOT NULL;
    IF entry IS NULL OR cardinality(picked) < cardinality(places)
        OR (entry ->> 'selection' = 'single' AND cardinality(picked) > 1) THEN
        RAISE 'RESPONSE_MISMATCH';
    END IF;

    given := jsonb_build_object('choices', picked);
    IF EXISTS (SELECT FROM courses_attemptanswer AS answered WHERE answered.attempt_id = of_attempt
        AND answered.question_id = of_question AND answered.response = given) THEN
        RETURN own.revision;
    END IF;
    UPDATE courses_assessmentattempt SET revision = revision + 1, updated_date = now()
    WHERE id = of_attempt RETURNING revision INTO revised;
    INSERT INTO courses_attemptanswer
        (attempt_id, question_id, response, selected_answer_id, text_answer, revision, answered_at)
    VALUES (of_attempt, of_question, given, CASE WHEN cardinality(picked) = 1 THEN picked[1] END, '', revised,
        least(statement_timestamp(), own.deadline_at))
    ON CONFLICT (attempt_id, question_id) DO UPDATE SET
        response = excluded.response, selected_answer_id = excluded.selected_answer_id,
        text_answer = excluded.text_answer, revision = excluded.revision, answered_at = excluded.answered_at,
        updated_date = excluded.updated_date;
    PERFORM pg_notify('courses_changes', 'attempt:' || of_attempt);
    RETURN revised;
END $$;
"""

_GRANTED = {
    "courses_course": "id, slug, title, is_published, rating_counts, average_rating, created_date",
    "courses_lesson": 'id, course_id, title, "order"',
    "courses_assessment": "id, lesson_id, title",
    "courses_question": "id, assessment_id, question_text, points",
    "courses_answer": "id, question_id, answer_text",
    "courses_assessmentattempt": (
        "id, user_id, assessment_id, attempt_number, revision, layout, score, is_completed, created_date"
    ),
    "courses_attemptanswer": "id, attempt_id, question_id, response",
    "courses_review": "id, course_id, user_id, rating, title, is_approved, created_date",
    "courses_coursestats": "id, course_id, assessment_stats, refreshed_at",
    "courses_user": "id, display_name",
}

POLICIES = {
    "courses_course": "is_published OR same_rules.takes(id) OR same_rules.teaches(id)",
    "courses_review": f"""user_id = {_PERSON}
        OR (is_approved AND (SELECT course.is_published FROM courses_course AS course WHERE course.id = course_id))
        OR same_rules.teaches(course_id)""",
    "courses_coursestats": "refreshed_at IS NOT NULL AND same_rules.teaches(course_id)",
    "courses_assessmentattempt": f"user_id = {_PERSON} OR same_rules.teaches_assessment(assessment_id)",
    "courses_attemptanswer": """EXISTS (
        SELECT FROM courses_assessmentattempt AS attempt WHERE attempt.id = attempt_id)""",
    "courses_question": f"""EXISTS (
        SELECT FROM courses_assessmentattempt AS attempt
        WHERE attempt.assessment_id = courses_question.assessment_id AND attempt.user_id = {_PERSON})
        OR same_rules.teaches_assessment(assessment_id)""",
    "courses_answer": "EXISTS (SELECT FROM courses_question AS question WHERE question.id = question_id)",
}
"""Conditions by which the role sees the rows of a table."""

REMOVE = f"""
DROP SCHEMA IF EXISTS same_rules CASCADE;
{"".join(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;" for table in POLICIES)}
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        DROP OWNED BY {ROLE};
        DROP ROLE {ROLE};
    END IF;
END $$;
"""
"""Everything away again, or nothing where nothing is."""

MAKE = f"""
{REMOVE}
CREATE ROLE {ROLE};
CREATE SCHEMA same_rules;
GRANT USAGE ON SCHEMA same_rules TO {ROLE};
{_FUNCTIONS}
{"".join(f"GRANT SELECT ({columns}) ON {table} TO {ROLE};" for table, columns in _GRANTED.items())}
{
    "".join(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY same_rules ON {table} FOR SELECT TO {ROLE} USING ({condition});"
        for table, condition in POLICIES.items()
    )
}
"""
