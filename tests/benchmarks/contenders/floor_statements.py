"""Hand-written statements of the floor, each with one value: the response as JSON text."""

_ATTEMPT_PAGE = """
SELECT json_build_array(attempt.attempt_number, attempt.revision, (
    SELECT json_agg((
        SELECT json_build_array(question.id, question.question_text, question.points, (
            SELECT json_agg((SELECT answer_text FROM courses_answer WHERE id = choice.value::bigint)
                ORDER BY choice.place)
            FROM jsonb_array_elements(entry.value -> 'choices') WITH ORDINALITY AS choice(value, place)
        ), (
            SELECT coalesce(json_agg(choice.place - 1 ORDER BY choice.place), '[]')
            FROM jsonb_array_elements(entry.value -> 'choices') WITH ORDINALITY AS choice(value, place)
            WHERE (SELECT response FROM courses_attemptanswer
                WHERE attempt_id = attempt.id AND question_id = question.id) -> 'choices' @> choice.value
        ))
        FROM courses_question AS question WHERE question.id = (entry.value ->> 'id')::bigint
    ) ORDER BY entry.place)
    FROM jsonb_array_elements(attempt.layout -> 'questions') WITH ORDINALITY AS entry(value, place)
))::text
FROM courses_assessmentattempt AS attempt
WHERE attempt.id = %(attempt)s AND attempt.user_id = %(learner)s
"""

_CATALOGUE = """
SELECT json_agg(json_build_array(course.slug, course.title,
    (SELECT count(*) FROM courses_lesson WHERE course_id = course.id),
    (SELECT sum(number) FROM unnest(course.rating_counts) AS number), course.average_rating,
    (SELECT json_agg(json_build_array(newest.rating, newest.title, newest.display_name))
        FROM (SELECT review.rating, review.title, author.display_name
            FROM courses_review AS review JOIN courses_user AS author ON author.id = review.user_id
            WHERE review.course_id = course.id AND review.is_approved
            ORDER BY review.created_date DESC, review.id DESC LIMIT 3) AS newest)
    ) ORDER BY course.created_date DESC, course.id DESC)::text
FROM (SELECT * FROM courses_course WHERE is_published ORDER BY created_date DESC, id DESC LIMIT 50) AS course
"""

_SAVE = """
WITH attempt AS (
    UPDATE courses_assessmentattempt SET revision = revision + 1, updated_date = now()
    WHERE id = %(attempt)s AND user_id = %(learner)s AND NOT is_completed
    RETURNING id, revision
), saved AS (
    INSERT INTO courses_attemptanswer (attempt_id, question_id, selected_answer_id, text_answer, points_earned,
        feedback, answered_at, response, revision, is_flagged, created_date, updated_date)
    SELECT id, %(question)s, %(answer)s, '', 0, '', now(),
        jsonb_build_object('choices', jsonb_build_array(%(answer)s)), revision, false, now(), now()
    FROM attempt
    ON CONFLICT (attempt_id, question_id) DO UPDATE SET selected_answer_id = excluded.selected_answer_id,
        response = excluded.response, revision = excluded.revision, answered_at = excluded.answered_at,
        updated_date = excluded.updated_date
)
SELECT json_build_object('revision', revision)::text FROM attempt
"""

_COURSE_PAGE = """
SELECT json_build_array(course.title,
    (SELECT json_agg(json_build_array(lesson.title, assessment.title,
            coalesce((stats.assessment_stats -> assessment.id::text ->> 'attempts')::int, 0),
            stats.assessment_stats -> assessment.id::text ->> 'pass_rate') ORDER BY lesson."order")
        FROM courses_lesson AS lesson JOIN courses_assessment AS assessment ON assessment.lesson_id = lesson.id
        WHERE lesson.course_id = course.id),
    (SELECT json_agg(json_build_array(newest.attempt_number, newest.score, newest.display_name))
        FROM (SELECT attempt.attempt_number, CASE WHEN attempt.is_completed THEN attempt.score END AS score,
                learner.display_name
            FROM courses_assessmentattempt AS attempt JOIN courses_user AS learner ON learner.id = attempt.user_id
            WHERE attempt.assessment_id = %(assessment)s
            ORDER BY attempt.created_date DESC, attempt.id DESC LIMIT 20) AS newest))::text
FROM courses_course AS course JOIN courses_coursestats AS stats ON stats.course_id = course.id
WHERE course.id = %(course)s
"""

_START = """
WITH started AS (
    INSERT INTO courses_assessmentattempt (user_id, assessment_id, start_time, score, max_score, is_completed,
        attempt_number, user_agent, revision, layout, passing_score, created_date, updated_date)
    SELECT %(learner)s, assessment.id, now(), 0,
        (SELECT sum(points) FROM courses_question WHERE assessment_id = assessment.id), false,
        (SELECT coalesce(max(attempt_number), 0) + 1 FROM courses_assessmentattempt
            WHERE user_id = %(learner)s AND assessment_id = assessment.id), '', 0,
        jsonb_build_object('questions', (
            SELECT jsonb_agg(jsonb_build_object('id', question.id, 'choices', (
                SELECT jsonb_agg(id ORDER BY random()) FROM courses_answer WHERE question_id = question.id))
                ORDER BY question."order")
            FROM courses_question AS question WHERE question.assessment_id = assessment.id)),
        assessment.passing_score, now(), now()
    FROM courses_assessment AS assessment WHERE assessment.id = %(assessment)s
    RETURNING id, assessment_id, layout
)
SELECT json_build_object('attempt', started.id, 'layout', started.layout, 'questions', (
    SELECT json_agg(json_build_array(question.id, question.question_text, question.points,
        (SELECT json_agg(json_build_array(id, answer_text)) FROM courses_answer WHERE question_id = question.id)))
    FROM courses_question AS question WHERE question.assessment_id = started.assessment_id))::text
FROM started
"""

_COMPLETE = """
WITH graded AS (
    UPDATE courses_attemptanswer AS answered SET is_correct = answer.is_correct,
        credit = CASE WHEN answer.is_correct THEN 1 ELSE 0 END,
        points_earned = CASE WHEN answer.is_correct THEN question.points ELSE 0 END
    FROM courses_question AS question, courses_answer AS answer
    WHERE answered.attempt_id = %(attempt)s AND question.id = answered.question_id
        AND answer.id = answered.selected_answer_id
    RETURNING answered.points_earned
), completed AS (
    UPDATE courses_assessmentattempt AS attempt SET is_completed = true, end_time = now(), ended_by = 'learner',
        time_taken_seconds = extract(epoch FROM now() - start_time)::int, score = earned.score,
        is_passed = earned.score * 100 >= passing_score * max_score, updated_date = now()
    FROM (SELECT coalesce(sum(points_earned), 0) AS score FROM graded) AS earned
    WHERE attempt.id = %(attempt)s AND attempt.user_id = %(learner)s AND NOT attempt.is_completed
    RETURNING attempt.score, attempt.max_score, attempt.is_passed
)
SELECT json_build_object('score', score, 'maxScore', max_score, 'isPassed', is_passed)::text FROM completed
"""

STATEMENTS = {
    "attempt_page": _ATTEMPT_PAGE,
    "catalogue": _CATALOGUE,
    "save": _SAVE,
    "course_page": _COURSE_PAGE,
    "start": _START,
    "complete": _COMPLETE,
}
