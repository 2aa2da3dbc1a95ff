"""`certificates list`, `show`, `void` and `rerun`: what is promised, from what, and since when no more."""

import asyncio
import getpass
import json
from typing import Annotated, Any

import typer

from activities.certificates import find_certificate, list_certificates, void_certificate
from activities.rerunning import Rerun
from activities.rerunning import rerun as rerun_frozen
from activities.rollout import read_states
from app.cli.audit import StoreOption, WrongUse, with_store
from app.cli.data import JsonOption, require_store, say
from app.settings import load_settings
from domain.certificates import Certificate
from domain.drafts import Draft
from domain.steps import Case
from retrieval.database import Database

commands = typer.Typer(
    no_args_is_help=True, help="Promises about automatic replies, and how far groups are rolled out."
)

CertificateId = Annotated[str, typer.Argument(metavar="ID", help="The certificate's id.")]


@commands.command("list")
def list_(
    *,
    store: StoreOption = None,
    all_: Annotated[bool, typer.Option("--all", help="Those that are void, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the certificates of a store, with the share of customers whose replies leave by themselves."""

    async def read(database: Database, name: str) -> tuple[list[Certificate], dict[str, int]]:
        found = [one for one in await list_certificates(database, name) if all_ or one.valid]
        return found, {state.group_key: state.share for state in await read_states(database, name)}

    found, shares = with_store(store, read)
    if as_json:
        typer.echo(json.dumps([_as_json(one, shares) for one in found], ensure_ascii=False))
        return
    for one in found:
        share = shares.get(one.group_key, 0)
        state = f"{share}% of customers" if one.valid else f"void since {one.voided_at:%Y-%m-%d}: {one.voided_because}"
        pooled = f", {len(one.members)} groups together" if one.pooled else ""
        counts = f"{one.errors} wrong of {one.n}"
        typer.echo(f"{one.certificate_id}  {one.group_key}{pooled}  from {one.threshold:.2f}  {counts}  {state}")
    if not found:
        say("No certificate is in force: in the mode `certified` nothing leaves by itself.")


@commands.command()
def show(certificate_id: CertificateId, *, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show what a certificate promises and what it rests on."""

    async def read(database: Database, name: str) -> Certificate:
        return await find_certificate(database, name, certificate_id)

    found = with_store(store, read)
    if as_json:
        typer.echo(json.dumps(_as_json(found, {}), ensure_ascii=False))
        return
    typer.echo(found.promise)
    for name, value in _facts(found):
        typer.echo(f"  {name:<14} {value}")


@commands.command()
def void(
    certificate_id: CertificateId,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    agent: Annotated[str | None, typer.Option(help="Who decides; by default the user of this computer.")] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a certificate count no more: its groups go back to review from the next query on."""
    if not reason.strip() or len(reason) > 500:
        raise WrongUse("Say why with --reason, in up to 500 characters.")

    async def write(database: Database, name: str) -> bool:
        return await void_certificate(database, name, certificate_id, reason=reason, by=agent or getpass.getuser())

    done = with_store(store, write)
    if as_json:
        typer.echo(json.dumps({"certificate_id": certificate_id, "voided": done}))
        return
    typer.echo(f"{certificate_id} is void." if done else f"{certificate_id} was void already.")


@commands.command()
def rerun(certificate_id: CertificateId, *, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """After knowledge has changed: answer the audited questions again. Audits fall back where all are alike."""

    from app.batches.answering import Answers
    from app.wiring import open_workshop

    async def run() -> Rerun:
        settings = load_settings()
        name = store or settings.default_store
        async with open_workshop(settings, say) as workshop:
            await require_store(workshop.database, name)
            policy = await workshop.policy(name)
            answers = Answers(workshop, policy)

            async def answer(case: Case) -> str | None:
                draft = (await answers.run(case)).get("draft")
                return Draft.model_validate(draft).text if draft else None

            return await rerun_frozen(workshop.database, name, certificate_id, policy, answer)

    done = asyncio.run(run())
    if as_json:
        typer.echo(json.dumps(done.model_dump(mode="json")))
        return
    if done.confirmed:
        typer.echo(f"All {done.questions} questions that rest on knowledge are answered as they were judged.")
        return
    typer.echo(
        f"{len(done.changed)} of {done.questions} questions are answered in other words now; audits stay raised:"
    )
    for query_id in done.changed:
        typer.echo(f"  {query_id}")


def _facts(found: Certificate) -> list[tuple[str, str]]:
    facts = [
        ("groups", ", ".join(found.members)),
        ("threshold", f"{found.threshold:.2f}"),
        ("audited", f"{found.n} at or above it, {found.errors} wrong, of {found.labels} labels"),
        ("alpha, delta", f"{found.alpha:.2f}, {found.delta:.4f} of this pool in look {found.recalibration}"),
        ("at most wrong", f"{found.bound:.1%}"),
        ("issued", f"{found.issued_at:%Y-%m-%d %H:%M} by {found.issued_by}"),
        ("labels", found.data_hash[:16]),
        ("knowledge", f"{found.knowledge_hash[:16]}, unchanged since {found.knowledge_at:%Y-%m-%d %H:%M}"),
        ("policies", ", ".join(sorted(found.documents)) or "none cited"),
        *sorted(found.versions.items()),
    ]
    if not found.valid:
        facts.append(("void", f"{found.voided_at:%Y-%m-%d %H:%M}: {found.voided_because}"))
    return facts


def _as_json(found: Certificate, shares: dict[str, int]) -> dict[str, Any]:
    told = found.model_dump(mode="json") | {"pooled": found.pooled, "valid": found.valid, "promise": found.promise}
    return told | ({"share": shares[found.group_key]} if found.valid and found.group_key in shares else {})
