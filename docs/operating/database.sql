-- The role and the database, and the timeouts that a pooler cannot pass on. As a superuser of PostgreSQL:
--     DATABASE_PASSWORD=... psql --file docs/operating/database.sql
-- Once more it changes the password, and makes what is missing: a new database where the old one was renamed.
\set ON_ERROR_STOP on
\getenv password DATABASE_PASSWORD
SELECT 'CREATE ROLE courses' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'courses') \gexec
ALTER ROLE courses LOGIN PASSWORD :'password';
-- Sorted by code points, as in the embedded database: an upgrade of the system changes no index.
SELECT 'CREATE DATABASE courses OWNER courses TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'courses') \gexec
ALTER ROLE courses IN DATABASE courses SET statement_timeout = '5s';
ALTER ROLE courses IN DATABASE courses SET lock_timeout = '2s';
ALTER ROLE courses IN DATABASE courses SET client_connection_check_interval = '1s';
