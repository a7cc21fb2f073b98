"""A container engine for tests: a `dockerd` of their own, which leaves nothing behind.

It has its own data and a socket, no bridge and no rules of a firewall. All processes of a run share one, started by the
first test that asks; it ends with the run, however that ends, since this file, as a program, watches both. Its one
image is `python:3.11-slim`, made of this machine's Python: nothing is pulled.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import PATIENCE

from pymacaron.containers import Engine
from pymacaron.containers.finding import NAMED

BASE = "python:3.11-slim"
FULL_BASE = f"docker.io/library/{BASE}"  # as podman calls it
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_FLAGS = ("--iptables=false", "--ip6tables=false", "--bridge=none")
_PROGRAMS = (
    "sh", "bash", "cat", "chmod", "chown", "cp", "env", "find", "grep", "id", "ln", "ls", "mkdir", "mv", "rm", "sed",
    "sleep", "sort", "stat", "tar", "touch", "groupadd", "useradd", "ldconfig", "test",
)  # fmt: skip
_FILES = (
    "/etc/nsswitch.conf", "/etc/login.defs", "/etc/ssl/openssl.cnf", "/usr/share/zoneinfo/UTC", str(CERTIFICATES),
)  # fmt: skip
_LEFT_OUT = (
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "lib2to3",
    "__pycache__",
)
_FOLDERS = ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/local/bin", "tmp", "root", "home", "etc")
_MERGED = ("bin", "sbin", "lib", "lib64")  # links to those below usr, as Debian has them
_SETTINGS = (
    f"ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin PIP_CERT={CERTIFICATES} LANG=C.UTF-8"
)
_NAMED = (  # that compiled packages name, or the C library loads
    "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2", "libpthread.so.0", "libdl.so.2", "librt.so.1",
    "libutil.so.1", "libgcc_s.so.1", "libstdc++.so.6",
)  # fmt: skip


@pytest.fixture(scope="session")
def docker_host(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the engine of this run listens, as DOCKER_HOST has it."""
    missing = missing_for_docker()
    if missing is not None:
        if os.environ.get("CI") and os.geteuid() == 0:
            pytest.fail(f"{missing}; continuous integration has it")
        pytest.skip(missing)
    shared = shared_folder(tmp_path_factory)
    with locked(shared / "docker.lock"):
        socket = shared / "docker.socket"
        if not socket.exists():
            try:
                folder = _start(os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid())
            except Refused as refused:  # the kernel's word, or a sandbox's: nothing that could be installed
                socket.write_text(f"refused: {refused}", "utf-8")
            else:
                socket.write_text(f"unix://{folder}/d.sock", "utf-8")
        found = socket.read_text("utf-8")
    if not found.startswith("unix:"):
        pytest.skip(f"this machine lets no container engine run; {found}")
    return found


class Refused(Exception):
    """The engine is installed, and cannot run here."""


@pytest.fixture(scope="session")
def engine(docker_host: str) -> Engine:
    """The engine of this run, with its base image."""
    return Engine.find("docker", {**os.environ, "DOCKER_HOST": docker_host})


@pytest.fixture
def podman(docker_host: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which podman is the engine, with images of its own, among them the base image."""
    if shutil.which("podman") is None:
        pytest.fail("podman is not installed") if os.environ.get("CI") else pytest.skip("podman is not installed")
    settings = tmp_path / "containers.conf"
    settings.write_text(_PODMAN, "utf-8")
    with tempfile.TemporaryDirectory(prefix="pymacaron-podman-") as folder:
        words = ["podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run"]
        own = {"CONTAINERS_CONF": str(settings), "DOCKER_HOST": docker_host, NAMED: " ".join(words)}
        here = {**os.environ, **own}
        with subprocess.Popen(["docker", "save", BASE], env=here, stdout=subprocess.PIPE) as saving:
            subprocess.run([*words, "load", "--quiet"], env=here, stdin=saving.stdout, check=True)
        try:
            subprocess.run([*words, "tag", f"localhost/{BASE}", FULL_BASE], env=here, check=True)
            yield own
        finally:
            subprocess.run([*words, "system", "reset", "--force"], env=here, check=False)


# runc, since podman's own crun wants a version of control groups; limits that anybody may set
_PODMAN = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
"""


def missing_for_docker() -> str | None:
    """Why no engine can be started here; None if one can."""
    if os.geteuid() != 0:
        return "only root can start a container engine"
    if shutil.which("dockerd") is None or shutil.which("docker") is None:
        return "docker is not installed: `make services`"
    return None


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process of a run at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(until: int) -> str:
    """Start an engine that ends with the process `until`; its folder."""
    folder = tempfile.mkdtemp(prefix="pymacaron-docker-")
    with open(f"{folder}/log", "wb") as log:
        os.posix_spawn(  # it outlives the worker that starts it, which is not to wait for it
            sys.executable, [sys.executable, __file__, folder, str(until)],
            {name: text for name, text in os.environ.items() if "DOCKER" not in name},
            file_actions=[(os.POSIX_SPAWN_DUP2, log.fileno(), 1), (os.POSIX_SPAWN_DUP2, log.fileno(), 2)], setsid=True,
        )  # fmt: skip
    here = {**os.environ, "DOCKER_HOST": f"unix://{folder}/d.sock"}
    deadline = time.monotonic() + PATIENCE
    while subprocess.run(["docker", "info"], env=here, capture_output=True, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise Refused(Path(folder, "log").read_text("utf-8", "replace")[-500:])
        time.sleep(0.1)
    make_base(here)
    trial = ["docker", "run", "--rm", "--network=host", BASE, "sh", "-c", ":"]
    done = subprocess.run(trial, env=here, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(done.stderr[-500:])
    return folder


# The base image


def make_base(environment: dict[str, str]) -> None:
    """Give the engine of an environment its base image: this machine's Python below /usr/local, with pip, what it needs
    of the system, and the certificates that pip needs here. Nobody pushes it."""
    with tempfile.TemporaryDirectory(prefix="pymacaron-base-") as root:
        _copy_programs(Path(root))
        _copy_python(Path(root))
        _write_files(Path(root))
        # the cache of the loader is made by the loader's own program, in its new home
        subprocess.run(["chroot", root, "/sbin/ldconfig"], check=True)
        command = ["docker", "import", "--change", _SETTINGS, "--change", 'CMD ["python3"]', "-", BASE]
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as taking:
            assert taking.stdin is not None
            with tarfile.open(fileobj=taking.stdin, mode="w|") as tar:
                tar.add(root, ".")
            taking.stdin.close()
        assert taking.returncode == 0


def _copy_programs(root: Path) -> None:
    for name in _FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in _MERGED:
        (root / name).symlink_to(f"usr/{name}")
    (root / "tmp").chmod(0o1777)
    path = f"/sbin:/usr/sbin:{os.environ['PATH']}"
    places = [found for name in _PROGRAMS if (found := shutil.which(name, path=path))]
    libraries = {line for place in places for line in _libraries(place)}
    for name in _NAMED:
        libraries |= set(glob.glob(f"/lib/*/{name}"))
    for place in (*places, *libraries):
        _copy(place, root)


def _copy_python(root: Path) -> None:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    home = root / "usr/local"
    program = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # of CPython
    shutil.copy2(program, home / "bin" / version)
    for name in ("python3", "python"):
        (home / "bin" / name).symlink_to(version)
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, home / "lib" / version, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT, "*.a"))
    for place in (program, *library.glob("lib-dynload/*.so")):
        for one in _libraries(str(place)):
            _copy(one, root)
    for shared in Path(sys.base_prefix, "lib").glob("libpython*.so*"):
        shutil.copy2(shared, home / "lib" / shared.name, follow_symlinks=False)
    packages = home / "lib" / version / "site-packages"
    packages.mkdir()
    import pip  # any one will do, such as that of these tests

    shutil.copytree(Path(pip.__file__).parent, packages / "pip", ignore=shutil.ignore_patterns("__pycache__"))


def _write_files(root: Path) -> None:
    for place in _FILES:
        if os.path.exists(place):
            _copy(place, root)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", "utf-8")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n", "utf-8")
    (root / "etc/ld.so.conf").write_text("/usr/local/lib\n", "utf-8")


def _libraries(place: str) -> list[str]:
    said = subprocess.run(["ldd", place], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", said)


def _copy(place: str, root: Path) -> None:
    target = root / place.lstrip("/")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(place, target)


# The program that watches


def watch(folder: str, until: int) -> None:
    """Run dockerd in a folder until the process `until` has ended or SIGTERM comes, and leave nothing of it."""
    ending: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ending.append(number))
    daemon = subprocess.Popen([
        "dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-H", f"unix://{folder}/d.sock",
        "-p", f"{folder}/pid", *_FLAGS,
    ])  # fmt: skip
    while not ending and daemon.poll() is None and os.path.exists(f"/proc/{until}"):
        time.sleep(0.2)
    for container in glob.glob(f"{folder}/data/containers/*"):
        subprocess.run(
            ["docker", "rm", "--force", os.path.basename(container)], capture_output=True, check=False,
            env={**os.environ, "DOCKER_HOST": f"unix://{folder}/d.sock"},
        )  # fmt: skip
    daemon.terminate()
    daemon.wait()
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        place = line.split()[1]
        if place.startswith(folder):
            subprocess.run(["umount", place], check=False)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]))
