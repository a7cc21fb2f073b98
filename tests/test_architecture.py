"""The shape of the package, checked by reading its source."""

import ast
import graphlib
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

ROOMS = """
    _version _types exceptions predecessors messages names rates replacing
    documents config formats patterns grammar schemas structs shapes servers operations calls dialects
    parameters bodies inputs headers forms negotiation representations answers conditions loops wire
    samples bundling downgrade router
    ending proxies auth stores endpoints binding failures crash logs limits
    flask_context lane serving
    transports client tasks containers images
    loading comparison upgrade mocking
    pool readiness builtin publishing console metrics spans
    launching api models testing test generate rehearsal advice migration deploy
    running cli gunicorn __init__
    pymacaron_core pymacaron_async pymacaron_unit pymacaron_dynamodb
    """.split()  # noqa: SIM905 - in import order, as one reads; a room is a file or a folder
FLOORS = {  # the first room of each floor
    "_version": "words", "documents": "schemas", "operations": "operations", "parameters": "wire", "samples": "tools",
    "ending": "a call", "flask_context": "Flask", "transports": "others", "loading": "an API", "pool": "readers",
    "launching": "service", "running": "commands", "pymacaron_core": "old names",
}  # fmt: skip
HOMES = {  # foreign library: the rooms that may import it
    "flask": "flask_context lane serving mocking publishing console metrics spans api testing",
    "werkzeug": "mocking cli bodies conditions flask_context lane serving launching running",
    "msgspec": "documents schemas structs shapes bodies inputs forms wire lane auth stores tasks limits",
    "yaml": "config documents",
    "jsonschema_rs": "formats patterns grammar schemas", "click": "launching rehearsal running cli",
    "cryptography": "auth rehearsal",
    "celery": "tasks", "kombu": "tasks", "billiard": "tasks", "redis": "tasks limits",
    "boto3": "stores tasks rehearsal deploy", "botocore": "stores tasks rehearsal deploy",
    "urllib3": "stores transports",
    "gunicorn": "gunicorn running", "prometheus_client": "metrics", "granian": "running",
    "moto": "rehearsal", "pytest": "testing", "schemathesis": "testing",
    "sentry_sdk": "crash", "ruamel": "upgrade", "opentelemetry": "spans",
    "pymacaron_apis": "exceptions models pool",  # stubs, for type checkers only
}  # fmt: skip
ORDER = "ROOMS of tests/test_architecture.py"
STANDARD = sys.stdlib_module_names | {"_typeshed"}  # the latter for type checkers only
SOURCE = Path(__file__).parent.parent / "src"
ROOT = SOURCE.parent
PAGE = ROOT / "ARCHITECTURE.md"
NAMES = {file: ".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in sorted(SOURCE.rglob("*.py"))}
MODULES = {name.removeprefix("faces.").removesuffix(".__init__"): file for file, name in NAMES.items()}


def imports_of(node: ast.AST, package: str, inside: bool = False) -> Iterator[tuple[int, bool, str]]:
    """Line, whether inside a function, and module of every import below `node`."""
    inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for child in ast.iter_child_nodes(node):
        yield from imports_of(child, package, inside)
    if isinstance(node, ast.Import):
        yield from ((node.lineno, inside, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = resolve_name("." * node.level + (node.module or ""), package).removeprefix("faces.")
        names = (f"{start}.{alias.name}" for alias in node.names)
        yield from ((node.lineno, inside, name if name in MODULES else start) for name in names)


def room_of(module: str) -> str:
    """The room that a module is, or is in."""
    return f"{module}.__init__".removeprefix("pymacaron.").split(".")[0]


BUILT = {room_of(module) for module in MODULES}
IMPORTS = {
    module: list(imports_of(ast.parse(file.read_bytes()), NAMES[file].rpartition(".")[0]))
    for module, file in MODULES.items()
}


def faults_of(module: str, file: Path) -> Iterator[str]:
    room = room_of(module)
    if room not in ROOMS:
        yield f"{file}:1: no room is called {room}; give it a place in {ORDER}, and a row in ARCHITECTURE.md"
        return
    for line, inside, target in IMPORTS[module]:
        top, its_room = target.split(".")[0], room_of(target)
        if inside and "#" not in "".join((ROOT / file).read_text("utf-8").splitlines()[line - 3 : line]):
            yield f"{file}:{line}: {target} is imported inside a function; import it at the top, or say why not there"
        if target in MODULES and its_room in ROOMS[ROOMS.index(room) + 1 :]:
            yield f"{file}:{line}: {room} imports {target}, later in {ORDER}; move what both need to an earlier room"
        elif target not in MODULES and top not in STANDARD and room not in HOMES.get(top, "").split():
            homes = HOMES.get(top, "no room")
            yield f"{file}:{line}: {top} is imported by {homes}; use it there, or list {room} in HOMES beside {ORDER}"


def all_faults() -> list[str]:
    """What goes against the order, in the whole source."""
    return sorted({fault for module, file in MODULES.items() for fault in faults_of(module, file.relative_to(ROOT))})


def test_shape() -> None:
    """A room imports only earlier rooms, a foreign library only at home, in a function with a reason; no circles."""
    assert not (faults := all_faults()), "\n".join(["", *faults])
    graphlib.TopologicalSorter({m: {t for _, _, t in found} for m, found in IMPORTS.items()}).prepare()


def floor_of(module: str) -> str:
    """The floor that a module is on."""
    room = room_of(module)
    return FLOORS[[name for name in ROOMS[: ROOMS.index(room) + 1] if name in FLOORS][-1]]


def picture() -> str:
    """The house as the imports have it: floor by floor, with the rooms of each and the floors that it stands on."""
    below = {floor: set[str]() for floor in FLOORS.values()}
    for module, found in IMPORTS.items():
        if room_of(module) not in ROOMS:
            continue  # which test_shape tells
        below[floor_of(module)] |= {floor_of(target) for _, _, target in found if target in MODULES}
    names, drawn = list(FLOORS.values()), list[str]()
    for first, floor in reversed(FLOORS.items()):
        start = ROOMS.index(first)
        rooms = [room for room in ROOMS[start:] if floor_of(room) == floor and room not in {"_version", "__init__"}]
        lines = textwrap.wrap(" ".join(room for room in rooms if room in BUILT), 58)
        on = " ".join(str(number) for number, name in enumerate(names, 1) if name in below[floor] - {floor})
        heads = [f"{names.index(floor) + 1:2} {floor}", *[""] * (len(lines) - 1)]
        ends = [on, *[""] * (len(lines) - 1)]
        drawn += [f"│ {h:14} │ {line:58} │ {e:21} │" for h, line, e in zip(heads, lines, ends, strict=True)]
        drawn.append("├" + "─" * 16 + "┼" + "─" * 60 + "┼" + "─" * 23 + "┤")
    head = f"│ {'floor':14} │ {'rooms':58} │ {'stands on':21} │"
    top, end = drawn[-1].translate(str.maketrans("├┼┤", "┌┬┐")), drawn[-1].translate(str.maketrans("├┼┤", "└┴┘"))
    return "\n".join([top, head, *[drawn[-1], *drawn[:-1]], end])


def test_picture() -> None:
    """The picture in ARCHITECTURE.md is the one that the imports draw; `make picture` does."""
    assert picture() in PAGE.read_text("utf-8"), "the picture in ARCHITECTURE.md is old: `make picture` draws it anew"


def test_doors() -> None:
    """What a door offers of one module has not the name of another one beside it: that would take its place as soon as
    it is imported."""
    doors = [file for file in MODULES.values() if file.name == "__init__.py"]
    for file, node in ((door, node) for door in doors for node in ast.parse(door.read_bytes()).body):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            others = {path.stem for path in file.parent.glob("*.py")} - {node.module}
            assert not others & {alias.asname or alias.name for alias in node.names}, f"{file}:{node.lineno}"


if __name__ == "__main__":  # for when nothing can be imported, and so not tested
    if faults := all_faults():
        sys.exit("\n".join(faults))
    if sys.argv[1:] == ["draw"]:
        PAGE.write_text(re.sub("┌.*┘", picture(), PAGE.read_text("utf-8"), flags=re.DOTALL), "utf-8")
