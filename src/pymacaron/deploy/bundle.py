"""The source bundle: a few lines that say which image runs. The same image makes the same bytes, so that the checksum
names the bundle."""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from dataclasses import dataclass

from .hooks import hooks_of
from .resources import PORT, Wanted

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip file can say
_LOGS = "/var/log/pymacaron"
_MORE = 2  # seconds that ending takes beyond calls and tasks that still run
_GOES_FIRST = 500  # of 1000 in which the kernel counts


@dataclass(frozen=True)
class Bundle:
    """The bytes of a bundle, and the image in it by its digest."""

    data: bytes
    image: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def key(self, wanted: Wanted) -> str:
        """Where it is kept in the bucket."""
        return f"pymacaron/{wanted.name}/bundles/{self.sha256}.zip"

    def label(self, wanted: Wanted) -> str:
        """What Elastic Beanstalk calls the version, 100 characters at most: two different bundles never share one."""
        return f"{wanted.version[:80]}-{self.sha256[:12]}" if wanted.version else self.sha256[:12]


def bundle_of(wanted: Wanted, image: str) -> Bundle:
    """The bundle that runs an image.

    Args:
        image: with its digest, `host/repository@sha256:…`: a tag can be moved while an environment grows.
    """
    if wanted.worker:
        name, text = "docker-compose.yml", _compose(wanted, image)
    else:
        name, text = "Dockerrun.aws.json", _dockerrun(image)
    programs = [(program, said, 0o755) for program, said in hooks_of(wanted)]
    return Bundle(_zipped([(name, text, 0o644), *programs]), image)


def _dockerrun(image: str) -> str:
    """Version 1 of the format, which is the one for a single container."""
    said = {
        "AWSEBDockerrunVersion": "1",
        "Image": {"Name": image, "Update": "true"},
        "Ports": [{"ContainerPort": PORT}],
        "Logging": _LOGS,
    }
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


def _compose(wanted: Wanted, image: str) -> str:
    """JSON is YAML. Elastic Beanstalk writes the variables of the environment into the file `.env`."""
    each = {"image": image, "env_file": ".env", "restart": "always", "init": True}
    services = {
        "web": {
            **each, "stop_grace_period": _grace(wanted.grace), "ports": [f"80:{PORT}"],
            "command": ["pymacaron", "run", "--production", "--no-tasks"],
        },
        # It answers no /ping. Where memory ends, it goes before the web: its tasks come again, and calls do not.
        "worker": {
            **each, "stop_grace_period": _grace(wanted.drain), "command": ["pymacaron", "worker"],
            "healthcheck": {"disable": True}, "oom_score_adj": _GOES_FIRST,
        },
    }  # fmt: skip
    return json.dumps({"services": services}, indent=2, sort_keys=True) + "\n"


def _grace(seconds: float) -> str:
    return f"{math.ceil(seconds) + _MORE}s"


def _zipped(files: list[tuple[str, str, int]]) -> bytes:
    """Files with their names and permissions."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:  # compressors differ from version to version
        for name, text, mode in files:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr, info.create_system = (0o100000 | mode) << 16, 3
            archive.writestr(info, text)
    return data.getvalue()
