"""Whole deployments of a real image, in containers of this machine: `make rehearse`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engines import BASE
from leaks import secret

from pymacaron.containers import Engine
from pymacaron.generate.services import make_service

_WORD = secret("willow-lantern-harbour-71")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A service as `pymacaron new` makes it, with a region and a secret."""
    make_service("notes", str(tmp_path))
    folder = tmp_path / "notes"
    with (folder / "pym-config.yaml").open("a", encoding="utf-8") as file:
        file.write("\naws_region: eu-west-1\nenv_secrets: [NOTES_WORD]\nword: NOTES_WORD\n")
    return folder


def pymacaron(folder: Path, docker_host: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DOCKER_HOST": docker_host, "DOCKER_BUILDKIT": "0", "NOTES_WORD": _WORD}
    return subprocess.run(
        [sys.executable, "-m", "pymacaron.cli", *arguments], cwd=folder, text=True, capture_output=True,
        env=environment, check=False, timeout=900,
    )  # fmt: skip


@pytest.mark.heavy
def test_rehearsed(engine: Engine, docker_host: str, notes: Path) -> None:
    """`pymacaron deploy --rehearse` builds, tests, pushes and deploys what `pymacaron new` has made, then swaps another
    environment in, with valid certificates all the way; no container is left, and no secret shown."""
    done = pymacaron(notes, docker_host, "deploy", "--rehearse", "--base", BASE)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("run the acceptance tests against the live address (") == 2
    assert "give notes-live.eu-west-1.elasticbeanstalk.com to notes-live-" in said
    assert re.search(r"meanwhile, [1-9]\d+ requests came for what is live; 0 of them were lost", said)
    assert _WORD not in said
    assert engine.containers({"pymacaron.deploy": "trial"}, ended=True) == []
