"""Loads again what is watched: a folder or a site. A schedule starts it; two of one watch never run at once.

One activity that keeps its place in the database, so a worker that dies costs a page or a batch.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.watches import RefreshInput, RefreshResult
    from workflows.policies import REFRESH


@workflow.defn(name="RefreshKnowledge")
class RefreshKnowledge:
    """Under `refresh/{store}/{watch_id}` and the time of its start."""

    @workflow.run
    async def run(self, request: RefreshInput) -> RefreshResult:
        """Ends with what was loaded; fails, having retired nothing, when the source cannot be read."""
        done: RefreshResult = await workflow.execute_activity(
            "refresh_knowledge",
            request,
            result_type=RefreshResult,
            summary=f"{request.watch_id} of {request.store}",
            **REFRESH,
        )
        workflow.set_current_details(
            f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged, {done.retired} retired, "
            f"{done.skipped} skipped, {done.quarantined} in quarantine."
        )
        return done
