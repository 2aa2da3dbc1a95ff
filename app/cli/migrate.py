"""`migrate`: the schema alone, for installations whose web and worker processes are started one by one."""

import typer

from app.database import migrate as apply_migrations
from app.embedded.urls import database_urls
from app.settings import load_settings
from domain.errors import SetupError

commands = typer.Typer()


@commands.command()
def migrate() -> None:
    """Bring the schema of an external PostgreSQL up to date. The embedded one is migrated whenever it starts."""
    settings = load_settings()
    if settings.database_url is None:
        raise SetupError("Only an external PostgreSQL is migrated by hand: set HOLDPOINT_DATABASE_URL.")
    applied = apply_migrations(database_urls(settings).owner)
    for name in applied:
        typer.echo(f"applied {name}")
    if not applied:
        typer.echo("The schema is up to date.")
