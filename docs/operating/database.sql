-- The role and the database, and the timeouts that a pooler cannot pass on. Once, as a superuser of PostgreSQL:
--     DATABASE_PASSWORD=... psql --file docs/operating/database.sql
\set ON_ERROR_STOP on
\getenv password DATABASE_PASSWORD
CREATE ROLE courses LOGIN PASSWORD :'password';
CREATE DATABASE courses OWNER courses;
ALTER ROLE courses IN DATABASE courses SET statement_timeout = '5s';
ALTER ROLE courses IN DATABASE courses SET lock_timeout = '2s';
ALTER ROLE courses IN DATABASE courses SET client_connection_check_interval = '1s';
