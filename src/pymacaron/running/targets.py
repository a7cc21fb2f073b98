"""Which service is to run: `server.py`, another file, or a module and its application."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NamedTuple

from pymacaron.config import set_base
from pymacaron.exceptions import StartError

_USUAL = "app"


class Target(NamedTuple):
    """A service as `module:app`, with the folder that its module is found in, and the module's file."""

    module: str
    app: str
    folder: str
    file: str

    @property
    def spec(self) -> str:
        return f"{self.module}:{self.app}"

    def use(self) -> None:
        """Let this process be one of the service: imports and pym-config.yaml are looked for where it lies."""
        if self.folder not in sys.path:
            sys.path.insert(0, self.folder)
        set_base(os.path.dirname(self.file))

    def load(self) -> Any:
        """The WSGI application.

        Raises:
            StartError: the module has no such application.
            SystemExit: the service cannot start; why has been printed.
        """
        self.use()
        module = importlib.import_module(self.module)
        found: Any = module
        for name in self.app.split("."):
            found = getattr(found, name, None)
        if not callable(found):
            cure = f"write `app = Flask(__name__)` there, or name another one: pymacaron run {self.module}:NAME"
            raise StartError(f"{self.file} has no application called {self.app}; {cure}")
        return found


def target_of(given: str | None) -> Target:
    """What is to be served.

    Args:
        given: a file, a folder with a server.py, `module`, or `module:app`; None: the working folder.

    Raises:
        StartError: there is no such file or module.
    """
    name, _, app = (given or "server.py").partition(":")
    if os.path.isdir(name):
        name = os.path.join(name, "server.py")
    if name.endswith(".py"):
        return _of_file(name, app or _USUAL, given)
    path = os.path.abspath(name.replace(".", os.sep))
    for file in (f"{path}.py", os.path.join(path, "__init__.py")):
        if os.path.isfile(file):
            return Target(name, app or _USUAL, os.getcwd(), file)
    raise StartError(f"there is no module {name} in {os.getcwd()}; name a file, or module:app")


def _of_file(name: str, app: str, given: str | None) -> Target:
    file = os.path.abspath(name)
    if not os.path.isfile(file):
        cure = "name the file" if given else "go to the folder of the service, or name its file: pymacaron run FILE"
        raise StartError(f"there is no {os.path.basename(file)} in {os.path.dirname(file)}; {cure}")
    module = os.path.basename(file)[:-3]
    if not module.isidentifier():
        raise StartError(
            f"{file} cannot be imported: its name is not a valid name for a module; rename it, say to server.py"
        )
    return Target(module, app, os.path.dirname(file), file)
