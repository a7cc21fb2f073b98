"""All configurations of a project: an image is for each of its environments."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping

from pymacaron.config import Config, load_config


def configurations_of(folder: str, environment: Mapping[str, str]) -> dict[str, Config]:
    """The files pym-config.yaml and pym-config.<PYM_ENV>.yaml of a project, by their names. Variables that they name
    may be missing."""
    files = sorted(glob.glob(os.path.join(glob.escape(folder), "pym-config*.yaml")))
    return {os.path.basename(file): load_config(file, environment, strict=False) for file in files}
