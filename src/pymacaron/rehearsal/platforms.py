"""The platforms that a rehearsal knows: versions of Docker on Amazon Linux 2023, and an old branch."""

from __future__ import annotations

import re

from .protocol import Refusal, invalid

BRANCH = "Docker running on 64bit Amazon Linux 2023"
OLD_BRANCH = "Docker running on 64bit Amazon Linux 2"
# Newest first, each with its branch.
VERSIONS = {
    "4.13.5": BRANCH, "4.13.4": BRANCH, "4.12.1": BRANCH, "4.11.0": BRANCH, "4.4.0": BRANCH, "3.8.9": OLD_BRANCH,
}  # fmt: skip
RECOMMENDED = {"4.13.5"}


def arn(region: str, version: str) -> str:
    return f"arn:aws:elasticbeanstalk:{region}::platform/{VERSIONS[version]}/{version}"


def stack(version: str) -> str:
    """A solution stack, which is a platform's version by its older name."""
    product, _, system = VERSIONS[version].partition(" running on ")
    return f"{system} v{version} running {product}"


def chosen(region: str, *, platform_arn: str | None, solution_stack: str | None) -> str:
    """Which version of the platform is meant. An ARN without a version means the newest one of its branch."""
    if platform_arn and solution_stack:
        raise Refusal("InvalidParameterCombination", "Give either a PlatformArn or a SolutionStackName.")
    if solution_stack:
        found = next((version for version in VERSIONS if stack(version) == solution_stack), None)
        if found is None:
            raise invalid(f"No Solution Stack named '{solution_stack}' found.")
        return found
    name = re.fullmatch(rf"arn:aws:elasticbeanstalk:{region}::platform/([^/]+)(?:/([\d.]+))?", platform_arn or "")
    if name and name[2] in VERSIONS and VERSIONS[name[2]] == name[1]:
        return name[2]
    newest = next((version for version, branch in VERSIONS.items() if name and not name[2] and branch == name[1]), None)
    if newest is None:
        raise invalid(f"No Platform named '{platform_arn}' found.")
    return newest
