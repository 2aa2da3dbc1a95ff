"""`certify`: one look at a store's labels, and the certificates that follow from it."""

import asyncio
import getpass
import json
from typing import Annotated

import typer

from activities.certifying import certify_store
from app.cli.data import JsonOption, require_store, say
from app.settings import load_settings
from app.wiring import open_workshop
from domain.binomial import labels_for_power
from domain.certificates import CertifyReport, PoolReport
from domain.certification import ALPHA, DELTA

commands = typer.Typer()
HOPED = 0.95


@commands.command()
def certify(
    *,
    store: Annotated[str | None, typer.Option("--store", help="The store; by default HOLDPOINT_DEFAULT_STORE.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count labels, look at none, spend nothing.")] = False,
    agent: Annotated[str | None, typer.Option(help="Who certifies; by default the user of this computer.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Certify the thresholds from which at least 90% of automatic replies are right, group by group, from audits.

    Each look at the labels spends a part of the 5% chance that anything certified is false; later looks are stricter.
    """

    async def run() -> CertifyReport:
        settings = load_settings()
        name = store or settings.default_store
        async with open_workshop(settings, say) as workshop:
            await require_store(workshop.database, name)
            return await certify_store(
                workshop.database, name, workshop.versions, by=agent or getpass.getuser(), dry_run=dry_run
            )

    report = asyncio.run(run())
    if as_json:
        typer.echo(json.dumps(report.model_dump(mode="json"), ensure_ascii=False))
        return
    for line in told(report):
        typer.echo(line)


def told(report: CertifyReport) -> list[str]:
    """The report in plain words."""
    lines = [f"{report.labels:,} labels of what answers now in {report.store}."]
    if report.outdated:
        lines.append(f"{report.outdated:,} more do not count: their drafts were made by what answered before.")
    lines += [_pool(pool) for pool in report.pools]
    for key, labels in report.left_over.items():
        lines.append(f"- {key}: too few labels, {labels} of {report.needed}, also together with others.")
    if not report.pools and not report.left_over:
        lines.append(f"A group needs {report.needed} labels: `holdpoint audit next --store {report.store}`.")
    if report.dry_run:
        enough = labels_for_power(HOPED, ALPHA, DELTA)
        lines.append(f"Nothing was looked at. Where {HOPED:.0%} are right, {enough} labels certify 4 times in 5.")
    else:
        lines.append(
            f"This was look {report.recalibration}; it spent {report.delta:.4f} of the {DELTA:.2f} that may be spent "
            f"for ever. `holdpoint certificates list --store {report.store}` shows what is in force."
        )
    return lines


def _pool(pool: PoolReport) -> str:
    together = f" ({', '.join(pool.members)}, together)" if len(pool.members) > 1 else ""
    certificate = f" Certificate {pool.certificate_id}." if pool.certificate_id else ""
    only = " Of each group by itself nothing is promised." if certificate and together else ""
    return f"- {pool.key}{together}: {pool.explanation}{certificate}{only}"
