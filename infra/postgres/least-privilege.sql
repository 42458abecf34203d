-- Two roles: voicefarm_owner owns the tables and runs `voicefarm db upgrade`; voicefarm_dispatcher only reads and
-- writes rows. Run this once as superuser in the farm's own database, before the first upgrade:
--   psql -d voicefarm -v owner_password=... -v dispatcher_password=... -f least-privilege.sql
-- The image in compose.yaml runs it automatically and names the files that hold the passwords.
\set ON_ERROR_STOP on
\getenv owner_file POSTGRES_OWNER_PASSWORD_FILE
\getenv dispatcher_file POSTGRES_DISPATCHER_PASSWORD_FILE
\if :{?owner_file}
\set owner_password `cat "$POSTGRES_OWNER_PASSWORD_FILE"`
\endif
\if :{?dispatcher_file}
\set dispatcher_password `cat "$POSTGRES_DISPATCHER_PASSWORD_FILE"`
\endif

BEGIN;
CREATE ROLE voicefarm_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE voicefarm_dispatcher LOGIN PASSWORD :'dispatcher_password';

-- Nobody else may connect.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO voicefarm_owner, voicefarm_dispatcher', current_database()) \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO voicefarm_owner;
GRANT USAGE ON SCHEMA public TO voicefarm_dispatcher;

-- For what migrations will create.
ALTER DEFAULT PRIVILEGES FOR ROLE voicefarm_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO voicefarm_dispatcher;
ALTER DEFAULT PRIVILEGES FOR ROLE voicefarm_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO voicefarm_dispatcher;

-- For what an earlier upgrade as voicefarm_owner may have created.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO voicefarm_dispatcher;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO voicefarm_dispatcher;

-- A statement that hangs must not block the desk for ever.
ALTER ROLE voicefarm_dispatcher SET statement_timeout = '60s';
ALTER ROLE voicefarm_dispatcher SET idle_in_transaction_session_timeout = '60s';
COMMIT;
