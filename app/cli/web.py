"""The command `web`."""

import typer

commands = typer.Typer()


@commands.command()
def web() -> None:
    """Run the web process (part of `up`)."""
    from app.settings import load_settings
    from app.web import run

    run(load_settings())
