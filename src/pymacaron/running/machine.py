"""How many cores, how much memory and how many connections there are for us: what the machine has, less what a
container may not use."""

from __future__ import annotations

import contextlib
import math
import os
import resource
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_CONNECTIONS = 20_000  # that a worker holds open; idle ones cost it a few kilobytes each
_RESERVE = 512  # files that the service itself may have open, beside its connections


def cores(groups: Path = _GROUPS) -> int:
    """How many processes can compute at once, one at least: by affinity, and by the quota of the control groups."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([usable, *(math.ceil(quota) for quota in _quotas(groups))]))


def memory(groups: Path = _GROUPS) -> int:
    """Bytes that may be used, by everything that runs here together."""
    own = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([own, *_limits(groups)])


def connections() -> int:
    """How many a worker may hold. From now on this process, and those that it starts, may open as many files as the
    system lets them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else hard
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(2, min(_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _RESERVE))


def _quotas(groups: Path) -> list[float]:
    """Cores' worth of time that each control group above us allows, in both versions of them."""
    found = []
    for folder in _folders(groups):
        words = _words(folder / "cpu.max")
        if len(words) == 2 and words[0].isdigit():
            found.append(int(words[0]) / int(words[1]))
    for folder in _folders(groups / "cpu"):
        quota, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
        if quota and period and quota[0].isdigit() and int(quota[0]):
            found.append(int(quota[0]) / int(period[0]))
    return found


def _limits(groups: Path) -> list[int]:
    files = [folder / "memory.max" for folder in _folders(groups)]
    files += [folder / "memory.limit_in_bytes" for folder in _folders(groups / "memory")]
    return [int(words[0]) for words in map(_words, files) if words and words[0].isdigit()]


def _folders(root: Path) -> list[Path]:
    """The control group of this process and those above it. In a container the root is often ours already."""
    found = [root]
    for line in _lines(Path("/proc/self/cgroup")):
        path = Path(line.rpartition(":")[2].lstrip("/"))
        found += [root / one for one in (path, *path.parents) if str(one) != "."]
    return list(dict.fromkeys(found))


def _words(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("ascii", "replace").splitlines()
    except OSError:
        return []
