#!/bin/bash
# Runs once, as the superuser, when the database folder is empty: a role and a database for each who needs one.
#
# Holdpoint's owner runs the migrations and owns the tables; its application role owns nothing, and row-level security
# holds for it. Neither is a superuser, so the extension is created here. Temporal's role sees its own databases alone.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=owner_password="$OWNER_PASSWORD" \
  --set=app_password="$APP_PASSWORD" \
  --set=temporal_password="$TEMPORAL_PASSWORD" <<'SQL'
CREATE ROLE holdpoint_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE holdpoint_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
CREATE ROLE temporal LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'temporal_password';
GRANT holdpoint_app TO holdpoint_owner WITH INHERIT FALSE;

CREATE DATABASE holdpoint OWNER holdpoint_owner;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT, TEMPORARY ON DATABASE holdpoint, temporal, temporal_visibility FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE holdpoint TO holdpoint_app;

\connect holdpoint
CREATE EXTENSION vector;
\connect temporal_visibility
CREATE EXTENSION btree_gin;
SQL
