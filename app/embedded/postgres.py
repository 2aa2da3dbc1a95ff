"""The embedded PostgreSQL 18 with pgvector: its start, its roles and its database. No TCP, one unix socket."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from app.embedded.accounts import open_tree, open_way, postgres_account
from app.embedded.cluster import ENVIRONMENT, INSTALLATION, LIBRARIES, binary, clear_leftovers, ensure_cluster, explain
from app.embedded.home import Home, folder_error
from app.embedded.part import Part
from app.embedded.processes import SystemUser
from app.embedded.urls import APP_ROLE, DATABASE, OWNER_ROLE, SUPERUSER, socket_url
from app.settings import Settings
from domain.errors import SetupError

# A small fast server. Durability stays as it comes: fsync on, a commit is on disk when it is acknowledged.
OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "maintenance_work_mem": "128MB",
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",  # details and contexts quote the rows, and so customers
    "cluster_name": "holdpoint",
}


def postgres_part(settings: Settings, say: Callable[[str], None]) -> Part:
    """The part that runs the server of this home; makes the cluster when there is none.

    Raises SetupError with one sentence for everything that is wrong with the folder or the account.
    """
    home = Home(settings.home)
    account = postgres_account(home.postgres, say)
    if account is not None:
        _open_files(home, account, say)
    _prepare_sockets(home.sockets, account)
    ensure_cluster(home, account)
    options = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
    return Part(
        name="postgres",
        command=(binary("postgres"), "-D", str(home.postgres), "-k", str(home.sockets), *options),
        log=home.log("postgres"),
        pid_file=home.pid_file("postgres"),
        environment=ENVIRONMENT,
        folder=Path("/"),
        user=account,
        address=str(home.sockets),
        ready=lambda: is_ready(home),
        before_start=lambda: clear_leftovers(home, say),
        once_ready=lambda: prepare_database(home),
        explain=lambda said: explain(said, home.postgres) if "FATAL" in said or "PANIC" in said else None,
        ready_seconds=120.0,  # recovery after a crash replays the log
        stop_signal=signal.SIGINT,  # "fast": ends the connections, then shuts down cleanly
    )


def _open_files(home: Home, account: SystemUser, say: Callable[[str], None]) -> None:
    open_way((INSTALLATION, home.postgres, home.sockets), account, say)
    open_tree(INSTALLATION, account)
    if LIBRARIES.is_dir():
        open_tree(LIBRARIES, account)


def _prepare_sockets(folder: Path, account: SystemUser | None) -> None:
    # Whoever reaches the socket may connect as any role, so the folder belongs to the server's account alone.
    owner = os.geteuid() if account is None else account.uid
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink():
            raise SetupError(
                f"{folder} is a link, but PostgreSQL's socket has to lie in a folder of its own: remove it."
            )
        if account is not None:
            os.chown(folder, account.uid, account.gid)
        facts = folder.stat()
        if facts.st_uid != owner:
            raise SetupError(f"{folder} belongs to another user: remove it, or set HOLDPOINT_HOME to a shorter path.")
        if facts.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise folder_error(error, folder) from error


def is_ready(home: Home) -> bool:
    """Whether the server accepts connections now."""
    try:
        with psycopg.connect(socket_url(home, SUPERUSER, "postgres"), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def prepare_database(home: Home) -> None:
    """Create what is missing: both roles, the database, the extension. Quick when all is there.

    The owner role owns the schema and runs the migrations, the app role is what the application connects as; neither is
    a superuser and neither escapes row-level security. Raises SetupError when the server refuses.
    """
    try:
        with psycopg.connect(socket_url(home, SUPERUSER, "postgres"), autocommit=True) as connection:
            _create_roles(connection)
        with psycopg.connect(socket_url(home, SUPERUSER), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("ALTER EXTENSION vector UPDATE")
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else error.__class__.__name__
        raise SetupError(f"The database in {home.postgres} cannot be prepared: {reason}.") from error


def _create_roles(connection: psycopg.Connection) -> None:
    roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    databases = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    rights = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    for role in (OWNER_ROLE, APP_ROLE):
        if role not in roles:
            connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), rights))
    names = {"db": sql.Identifier(DATABASE), "owner": sql.Identifier(OWNER_ROLE), "app": sql.Identifier(APP_ROLE)}
    if DATABASE not in databases:
        connection.execute(sql.SQL("CREATE DATABASE {db} OWNER {owner}").format(**names))
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {db} FROM PUBLIC").format(**names))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {db} TO {app}").format(**names))
    connection.execute(sql.SQL("GRANT {app} TO {owner} WITH INHERIT FALSE").format(**names))
