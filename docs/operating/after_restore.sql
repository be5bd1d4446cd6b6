-- After a restore and before the server is started, so that nothing that was given to anybody since the backup is given
-- again. As a superuser of PostgreSQL: psql --file docs/operating/after_restore.sql courses
--
-- Cursors of the event feed from before are CURSOR_EXPIRED, by which partners learn that they have to read anew; what
-- webhooks have to send is sent. New rows get ids, and so global ids, that no lost row had.
\set ON_ERROR_STOP on
BEGIN;
UPDATE courses_webhookendpoint SET position = position + 1000000000 WHERE EXISTS (SELECT FROM courses_event);
UPDATE courses_webhookdelivery SET event_id = event_id + 1000000000;
UPDATE courses_event SET id = id + 1000000000;
SELECT count(setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + 1000000)) AS sequences
FROM pg_sequences WHERE schemaname = 'public';
COMMIT;
