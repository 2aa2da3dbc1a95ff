"""Makes a store's knowledge searchable anew in the background: after another embedder was chosen, or an upgrade.

One long activity: it keeps its place in the database itself, so a worker that dies costs one batch.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.upkeep import ReindexInput, ReindexResult
    from workflows.policies import BACKGROUND


@workflow.defn(name="ReindexKnowledge")
class ReindexKnowledge:
    """At most one per store runs, under `reindex/{store}`."""

    @workflow.run
    async def run(self, request: ReindexInput) -> ReindexResult:
        """Ends when nothing is missing."""
        done: ReindexResult = await workflow.execute_activity(
            "reindex_knowledge",
            request,
            result_type=ReindexResult,
            summary=f"knowledge of {request.store}",
            **BACKGROUND,
        )
        return done
