"""The command `worker`."""

import typer

commands = typer.Typer()


@commands.command()
def worker() -> None:
    """Run one worker process (part of `up`)."""
    from app.settings import load_settings
    from app.worker import run

    run(load_settings())
