"""`make chaos`: kills worker, web, Temporal and PostgreSQL at random moments, and counts what went wrong: nothing may.

make chaos ARGS="--queries 100 --kills 30 --seed 7"
"""

import argparse
import asyncio
import os
import shutil
import sys
import time
from pathlib import Path

from tests.acceptance.installation import Installation
from tests.chaos.ordeal import Plan, Report, endure


def lines_of(report: Report) -> list[str]:
    """The report as a table."""
    kills = ", ".join(f"{part} {count}" for part, count in sorted(report.kills.items()))
    rows = {
        "seed": str(report.plan.seed),
        "queries": str(report.dispositions.total()),
        "kills": f"{sum(report.kills.values())} ({kills})",
    }
    rows |= {f"  {name}": str(count) for name, count in sorted(report.dispositions.items())}
    rows |= {f"decisions {name}": str(count) for name, count in sorted(report.decisions.items())}
    rows |= report.facts
    rows |= {"violations": str(report.faults)}
    rows |= {f"  {name}": str(len(found)) for name, found in report.violations.items()}
    lines = [f"{name:<62} {value}" for name, value in rows.items()]
    return lines + [f"VIOLATION  {name}: {each}" for name, found in report.violations.items() for each in found]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=int, default=100, help="customer messages (100)")
    parser.add_argument("--kills", type=int, default=30, help="how often a part is killed (30)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed plans the same (the time)")
    parser.add_argument("--every", type=float, default=2.5, help="seconds between two kills, on average (2.5)")
    parser.add_argument("--keep-logs", type=Path, help="copy the logs of the stack into this folder")
    options = parser.parse_args()
    if options.queries < 1 or options.kills < 0 or options.every <= 0:
        parser.error("give at least one query, no negative number of kills, and a time above 0")
    installation = Installation(demo=False)
    try:
        report = asyncio.run(endure(installation, Plan(options.queries, options.kills, options.seed, options.every)))
    finally:
        if options.keep_logs is not None:
            shutil.copytree(installation.settings.home / "logs", options.keep_logs, dirs_exist_ok=True)
            shutil.copy(installation.log, options.keep_logs)
        installation.remove()
    sys.stdout.write("\n".join(lines_of(report)) + "\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # see app/cli/main.py: the SDK's runtime may abort at interpreter exit
