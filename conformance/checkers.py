"""Let mypy and pyright read what `pymacaron stubs` writes, beside a program with mistakes in it.

    python conformance/checkers.py [DOCUMENT...]

For each document stubs are written, and a program that uses its models, client and functions: lines that are right, and
20 that are wrong, each marked. Both checkers have to find fault with every line that is marked, and with no other.
Without arguments: the shop, as it is and with such a program, and ten documents of the corpus. The exit code is 1 if
one of this is not so. Needs `pip install pyright`, which fetches its own Node where there is none.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from pymacaron.formats import Formats
from pymacaron.generate import FOLDER, Modules, replace_folder, stubs
from pymacaron.generate.annotations import Annotations, Catalogue, folder_of
from pymacaron.generate.client_stubs import class_names
from pymacaron.generate.model_stubs import demanded_of
from pymacaron.pool import LoadedApi, Pool

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / ".corpus" / "real"
DOCUMENTS = 10
MISTAKES = 20
MARK = "  # wrong"
PLAIN = {"‹str›": "str", "‹int›": "int", "‹bool›": "bool", "‹float›": "float"}
HEAD = """from __future__ import annotations
from typing import Any
from pymacaron import ApiPool
from {folder} import models, handlers
a: Any = None
"""


class Program:
    """Lines for one API, right and wrong."""

    def __init__(self, api: LoadedApi, beside: Sequence[LoadedApi] = ()) -> None:
        self.api = api
        self.catalogue = Catalogue([api, *beside])
        self._read = Annotations(self.catalogue, api.document.schemas)

    def text(self) -> str:
        wrong = [line + MARK for line in islice(self._mixed(self._model_mistakes(), self._call_mistakes()), MISTAKES)]
        right = [*islice(self._right_models(), 40), *islice(self._right_calls(), 40)]
        return HEAD.format(folder=f"{FOLDER}.{folder_of(self.api.name)}") + "\n".join([*right, *wrong]) + "\n"

    def _mixed(self, *sources: Iterator[str]) -> Iterator[str]:
        return (line for lines in zip_longest(*sources) for line in lines if line is not None)

    def _models(self) -> Iterator[tuple[str, Any]]:
        for name, model in self.catalogue.owned_by(self.api.name).items():
            if model.__model__.properties:
                yield name, model

    def _scalars(self, model: Any) -> Iterator[tuple[str, str]]:
        _, shapes = self.api.document.shapes.members[model]
        for prop in model.__model__.properties.values():
            marked = self._read.of(shapes[prop.name], None) if prop.name in shapes else ""
            if marked in PLAIN and prop.attribute.isidentifier() and not prop.nullable:
                yield prop.attribute, PLAIN[marked]

    def _right_models(self) -> Iterator[str]:
        for number, (name, model) in enumerate(self._models()):
            read = [f"    v{n}: {kind} | None = one.{name}" for n, (name, kind) in enumerate(self._scalars(model))]
            yield "\n".join([f"def right_{number}(one: models.{name}) -> None:", *read, "    one.clone().to_json()"])

    def _model_mistakes(self) -> Iterator[str]:
        for name, model in self._models():
            yield f"def wrong_{name}(one: models.{name}) -> None: one.nothing_of_ours"
            if model.__model__.extra is None:
                yield f"models.{name}(nothing_of_ours=1)"
            for attribute, _ in islice(self._scalars(model), 1):
                yield f"def typed_{name}(one: models.{name}) -> None: one.{attribute} = b'x'"
                yield f"def read_{name}(one: models.{name}) -> bytes: return one.{attribute}"
            if self._demands(model):
                yield f"models.{name}()"

    def _demands(self, model: Any) -> bool:
        node, _ = self.api.document.shapes.members[model]
        demanded = demanded_of(node, self.api.document.schemas)
        properties = model.__model__.properties.values()
        return any(one.name in demanded and not one.read_only and not one.write_only for one in properties)

    def _operations(self) -> Iterator[tuple[str, str, Any]]:
        for method, (name, operation) in class_names(self.api, ("Returned", "Result", "T")).items():
            yield method, name, operation

    def _call(self, method: str, operation: Any, *, without: str = "", more: str = "") -> str:
        body = ["a"] if operation.contents and not operation.has_form_fields and operation.body_required else []
        given = [f"{one.argument}=a" for one in operation.parameters if one.required and one.argument != without]
        return f"ApiPool.{self.api.name}.client.{method}({', '.join([*body, *given, *([more] if more else [])])})"

    def _right_calls(self) -> Iterator[str]:
        for number, (method, name, operation) in enumerate(self._operations()):
            yield self._call(method, operation)
            arguments = ["body: Any"] if operation.contents and not operation.has_form_fields else []
            arguments += [f"{one.argument}: Any" for one in operation.parameters]
            yield f"def bound_{number}({', '.join(arguments)}) -> Any: return a"
            yield f"bound_as_{number}: handlers.{name} = bound_{number}"

    def _call_mistakes(self) -> Iterator[str]:
        for number, (method, name, operation) in enumerate(self._operations()):
            yield self._call(method, operation, more="nothing_of_ours=1")
            needed = next((one for one in operation.parameters if one.required and not one.is_file), None)
            if needed is not None:
                yield self._call(method, operation, without=needed.argument)
                yield self._call(method, operation, without=needed.argument, more=f"{needed.argument}=object()")
            yield f"ApiPool.{self.api.name}.client.{method}_of_ours()"
            yield f"not_bound_{number}: handlers.{name} = lambda nothing, of, ours: a"


def check(folder: Path, program: str) -> list[str]:
    """What the checkers say otherwise than the program's marks."""
    marked = {number for number, line in enumerate(program.splitlines(), 1) if line.endswith(MARK)}
    (folder / "program.py").write_text(program)
    found = [f"only {len(marked)} mistakes can be made"] if len(marked) < MISTAKES else []
    for checker, faults in (("mypy", mypy(folder)), ("pyright", pyright(folder))):
        lines = {line for file, line, _ in faults if file == "program.py"}
        others = [one for one in faults if one[0] != "program.py" or one[1] not in marked]
        found += [f"{checker}: {file}:{line}: {text}" for file, line, text in others]
        missed = sorted(marked - lines)
        found += [f"{checker}: line {line} is wrong, and passes: {program.splitlines()[line - 1]}" for line in missed]
    return found


def mypy(folder: Path) -> list[tuple[str, int, str]]:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--no-incremental", "."],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    matches = re.finditer(r"^([^:\n]+):(\d+): error: (.*)$", done.stdout, re.MULTILINE)
    found = [(match[1], int(match[2]), match[3]) for match in matches]
    return found or ([("mypy", 0, done.stdout + done.stderr)] if done.returncode else [])


def pyright(folder: Path) -> list[tuple[str, int, str]]:
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout[done.stdout.index("{") :])["generalDiagnostics"]
    return [
        (os.path.relpath(one["file"], folder), one["range"]["start"]["line"] + 1, one["message"])
        for one in told if one["severity"] == "error"
    ]  # fmt: skip


def write(folder: Path, apis: list[LoadedApi]) -> None:
    files = stubs(apis, Modules([str(folder)]), lambda _: True)
    replace_folder(str(folder / FOLDER), files, ".pyi")


def told(name: str, faults: list[str]) -> bool:
    print(f"{name}: {'as it should be' if not faults else f'{len(faults)} differences'}", flush=True)
    for fault in faults[:20]:
        print(f"    {fault}")
    return not faults


def check_document(path: Path) -> bool:
    name = re.sub(r"\W", "_", path.stem)
    (api,) = Pool().load({name if name.isidentifier() else f"api_{name}": str(path)}, Formats())
    with tempfile.TemporaryDirectory() as folder:
        program = Program(api)
        write(Path(folder), [api])
        return told(str(path.name), check(Path(folder), program.text()))


def check_shop() -> bool:
    """The shop's own code is right; what uses it has mistakes."""
    sys.path.insert(0, str(ROOT / "examples/shop/shop"))  # where the parents of the models are
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder) / "shop"
        shutil.copytree(ROOT / "examples" / "shop" / "shop", shop, ignore=shutil.ignore_patterns("__pycache__"))
        paths = {path.stem: str(path) for path in (shop / "apis").glob("*.yaml")}
        apis = Pool().load(paths, Formats())
        write(shop, apis)
        orders = next(api for api in apis if api.name == "orders")
        return told("the shop", check(shop, Program(orders, [api for api in apis if api is not orders]).text()))


def chosen() -> list[Path]:
    """Documents of all sizes, the same ones every time."""
    sizes = {path: path.stat().st_size for path in CORPUS.rglob("*") if path.suffix in {".json", ".yaml"}}
    found = sorted(
        (path for path, size in sizes.items() if 20_000 < size < 2_000_000), key=lambda path: (sizes[path], path)
    )
    return found[:: max(1, len(found) // DOCUMENTS)][:DOCUMENTS]


def main() -> None:
    logging.disable()
    given = [Path(name) for name in sys.argv[1:]]
    right = [check_shop()] if not given else []
    sys.exit(0 if all([*right, *(check_document(path) for path in given or chosen())]) else 1)


if __name__ == "__main__":
    main()
