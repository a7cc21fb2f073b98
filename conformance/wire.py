"""The law of wire.py over every operation of documents of real services: what one side writes, the other reads.

    python conformance/wire.py [--only WORD] [--seeds N]

The documents are taken from the corpus for their variety; each operation is tried with N sets of arguments and N
results, made from its schemas. The exit code is 1 if one is not read as it was written.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from pymacaron import ApiPool
from pymacaron.formats import Formats
from pymacaron.operations import Operation
from pymacaron.router import Router

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from wire_law import check_request, check_response, is_clear  # noqa: E402 - where the law is written, for the tests too

DOCUMENTS = (
    "real/v2/docker-engine.yaml",
    "real/v2/kubernetes.yaml",
    "real/v2/netlify.json",
    "real/v2/okta.yaml",
    "real/v2/ga4gh-wes.yaml",
    "real/v2/azure-network/virtualNetwork.json",
    "real/v30/github.yaml",
    "real/v30/stripe.yaml",
    "real/v30/oad-box.json",
    "real/v30/oad-digitalocean.json",
    "real/v30/oad-telegram.json",
    "real/v30/oad-atlassian-jira.json",
    "real/v30/oad-slack.json",
    "real/v30/oad-superset.json",
    "real/v30/oad-aws-lambda.json",
    "real/v30/oad-peertube.json",
    "real/v30/oad-keycloak.json",
    "real/v31/openai.yaml",
    "real/v31/airflow-3.yaml",
    "real/v31/figma.yaml",
    "real/v31/scalar-galaxy.yaml",
    "real/v31/rclone.yaml",
    "real/v31/oad-vercel.json",
    "feature/autorest-testserver/body-formdata-urlencoded.json",
    "feature/readme/3.1/parameters-style.yaml",
    "feature/readme/3.1/train-travel.yaml",
    "feature/openapi-core/v3.0/petstore.yaml",
)
SHOWN = 3  # failures of one document that are told


class Tally(NamedTuple):
    """What became of one document: how often the law held, how often nothing could be made to try it, and where it
    did not hold."""

    counts: Counter[str]
    broken: list[str]


def judge(path: str, seeds: int) -> Tally:
    """Try every operation of a document."""
    document = ApiPool.load({"judged": str(ROOT / ".corpus" / path)}, Formats())[0].document
    router, tally = Router(document.operations), Tally(Counter(operations=len(document.operations)), [])
    for operation in document.operations:
        if is_clear(operation):
            _try(operation, router, seeds, tally)
        else:
            tally.counts["unclear"] += 1
    return tally


def _try(operation: Operation, router: Router[Operation], seeds: int, tally: Tally) -> None:
    for seed in range(seeds):
        for what in ("request", "response"):
            try:
                done = check_request(operation, router, seed) if what == "request" else check_response(operation, seed)
            except Exception as error:  # noqa: BLE001 - whatever it is, the law is broken
                tally.broken.append(f"{what} of {operation.title}, seed {seed}: {type(error).__name__}: {error}"[:600])
            else:
                tally.counts[what if done else "without sample"] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their path")
    parser.add_argument("--seeds", type=int, default=3, help="how often each operation is tried")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    columns = ("operations", "unclear", "request", "response", "without sample")
    print(*(f"{name:>15}" for name in columns), f"{'broken':>8}", f"{'seconds':>8}")
    broken = 0
    for path in DOCUMENTS:
        if options.only not in path:
            continue
        if not (ROOT / ".corpus" / path).exists():
            print(f"{path} is not there: `make corpus` fetches it")
            broken += 1
            continue
        start = time.perf_counter()
        tally = judge(path, options.seeds)
        numbers = (f"{tally.counts[name]:15}" for name in columns)
        print(*numbers, f"{len(tally.broken):8}", f"{time.perf_counter() - start:8.1f}", f" {path}", flush=True)
        for line in tally.broken[:SHOWN]:
            print(f"    {line}")
        broken += len(tally.broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
