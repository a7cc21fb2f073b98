"""The laws of stores, held against DynamoDB Local: Amazon's own DynamoDB for one machine, in Java.

    python conformance/dynamodb_local.py [ARGUMENTS OF PYTEST]

It comes from npm (`npm pack amplify-dynamodb-simulator`) into `.corpus/dynamodb-local`, held against its checksum,
and runs
while the tests do, on a free port of this machine, in memory.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".corpus" / "dynamodb-local"
PACKAGE, SHA256 = (
    "amplify-dynamodb-simulator@2.9.30",
    "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9",
)
PATIENCE = 60  # seconds for it to begin


def fetched() -> Path:
    """The folder with DynamoDBLocal.jar."""
    found = FOLDER / "package" / "emulator"
    if not (found / "DynamoDBLocal.jar").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
        (archive,) = FOLDER.glob("*.tgz")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            sys.exit(f"{archive} is not what it was: its checksum is another")
        with tarfile.open(archive) as tar:
            tar.extractall(FOLDER, filter="data")
        archive.unlink()
    return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"DynamoDB Local did not begin within {PATIENCE} seconds")


def main() -> int:
    for program, cure in (("java", "install a Java of version 17 or newer"), ("npm", "install npm")):
        if shutil.which(program) is None:
            sys.exit(f"there is no {program}: {cure}")
    folder, port = fetched(), free_port()
    command = ["java", "-Xmx512m", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory"]
    server = subprocess.Popen(
        [*command, "-sharedDb", "-port", str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        tests = ["tests/test_stores.py", "tests/test_persistent.py", "-k", "local"]
        environment = {**os.environ, "PYMACARON_DYNAMODB_LOCAL": f"http://127.0.0.1:{port}"}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *tests, *sys.argv[1:]], cwd=ROOT, env=environment, check=False
        ).returncode
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
