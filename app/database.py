"""Migrations: plain SQL files, applied in order, each once, each in a transaction of its own (docs/adr)."""

import hashlib
from pathlib import Path

import psycopg

from domain.errors import SetupError

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_KEY = 7_204_613_900_417
APP_ROLE = "holdpoint_app"


def migrate(owner_url: str) -> list[str]:
    """Brings the schema up to date and returns the names of the migrations applied now.

    Two processes may call it at once: an advisory lock lets one work. Raises SetupError when a migration that was
    applied has since been changed, or the server holds one that this version does not know.
    """
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql"))}
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
            return _apply(connection, files)
    except psycopg.OperationalError as error:
        raise SetupError("PostgreSQL does not answer; start it, or check HOLDPOINT_DATABASE_URL.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetupError(
            "The database role may not create the schema: use a role that owns the database, may create roles, "
            "and have the extension `vector` created once by a superuser."
        ) from error


def pending(owner_url: str) -> list[str]:
    """Names of the migrations that `migrate` would apply now, without applying them."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        row = connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL").fetchone()
        known = _known(connection) if row and row[0] else {}
    return [path.name for path in sorted(MIGRATIONS.glob("*.sql")) if path.name not in known]


def _apply(connection: psycopg.Connection, files: dict[str, str]) -> list[str]:
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    known = _known(connection)
    _refuse_strangers(known, files)
    applied = []
    for name, text in files.items():
        if name not in known:
            with connection.transaction():
                connection.execute(text.encode())
                connection.execute(
                    "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)", (name, _digest(text))
                )
            applied.append(name)
    _grant(connection)
    return applied


def _known(connection: psycopg.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sha256 FROM schema_migrations").fetchall())


def _refuse_strangers(known: dict[str, str], files: dict[str, str]) -> None:
    for name, digest in known.items():
        if name not in files:
            raise SetupError(f"The database was migrated by a newer Holdpoint ({name}); use that version or a backup.")
        if digest != _digest(files[name]):
            raise SetupError(f"The migration {name} was changed after it was applied; restore the file.")


def _grant(connection: psycopg.Connection) -> None:
    row = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APP_ROLE,)).fetchone()
    if row is None:
        connection.execute(f"CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    member = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", (APP_ROLE,)).fetchone()
    if not (member and member[0]):
        connection.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")
    connection.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
    connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    connection.execute(f"GRANT EXECUTE ON FUNCTION passages_by_terms, terms_with_grams TO {APP_ROLE}")
    connection.execute(f"REVOKE ALL ON schema_migrations FROM {APP_ROLE}")
    connection.execute(f"GRANT SELECT ON schema_migrations TO {APP_ROLE}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
