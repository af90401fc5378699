"""House rules that no import shows, each tried on a line that breaks it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("portal", "materials", "licences", "kit")
FLOORS = PRODUCT  # from the top
TEXT_KINDS = {".py", ".html", ".txt"}
STRAY_NAMES = {"utils", "helpers", "common", "misc"}


def sources(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of some packages, by its path from the root."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def reads_environment(tree: ast.AST) -> bool:
    """`os.environ[…]`, `os.environ.get` or `os.getenv`; writing to it for a child process is not reading."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("getenv", "environb"):
            return True
        if isinstance(node, ast.Attribute) and node.attr == "get" and _is_environ(node.value):
            return True
        if isinstance(node, ast.Subscript) and _is_environ(node.value) and isinstance(node.ctx, ast.Load):
            return True
    return False


def _is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ" and getattr(node.value, "id", "") == "os"


def asks_the_time(tree: ast.AST) -> bool:
    """`datetime.now()`, `utcnow()`, `date.today()` or `time.time()`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = getattr(node.func.value, "id", "")
            if (owner, node.func.attr) in {
                ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
            }:  # fmt: skip
                return True
    return False


def commits(tree: ast.AST) -> bool:
    """A call of `.commit()`."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        for node in ast.walk(tree)
    )


def weak_codes(tree: ast.AST) -> bool:
    """uuid4 or the module `random`: guessable, or not from the operating system."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(name.name in ("random", "uuid") for name in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module in ("random", "uuid"):
            return True
    return False


@pytest.mark.parametrize(
    ("rule", "breaks", "packages", "allowed"),
    [
        # settings reads through pydantic; the command line looks at PORT, which `make demo` sets
        (reads_environment, "x = os.environ['A']", PRODUCT, {"portal/cli.py"}),
        # the store compares with what the file system's own clock wrote
        (asks_the_time, "now = datetime.now(UTC)", PRODUCT, {"kit/clock.py", "kit/store.py"}),
        (commits, "session.commit()", PRODUCT, {"kit/db.py"}),
        (weak_codes, "from uuid import uuid4", PRODUCT, set()),
    ],
)
def test_the_rule_holds_and_bites(rule, breaks: str, packages: tuple[str, ...], allowed: set[str]) -> None:  # type: ignore[no-untyped-def]
    assert rule(ast.parse(breaks)), "the rule does not see what it forbids"
    found = {path for path, tree in sources(*packages) if rule(tree)}
    assert found <= allowed
    assert allowed <= found, "an exception that is no longer needed"


def endpoints_named(text: str) -> set[str]:
    """The blueprints whose endpoints a view or a template names."""
    return set(re.findall(r"""url_for\(\s*["'](\w+)\.""", text))


def test_no_floor_names_an_address_of_a_floor_above() -> None:
    """Lower floors ask `kit.web.elsewhere`; the app says where that is."""
    assert endpoints_named('{{ url_for("door.sign_in") }}') == {"door"}, "the rule does not see what it forbids"
    texts = {
        path: path.read_text() for floor in FLOORS for path in (ROOT / floor).rglob("*") if path.suffix in TEXT_KINDS
    }
    floor_of = {path: path.relative_to(ROOT).parts[0] for path in texts}
    homes = {
        name: FLOORS.index(floor_of[path])
        for path, text in texts.items()
        for name in re.findall(r'Blueprint\("(\w+)"', text)
    }
    upwards = [
        f"{path.relative_to(ROOT)} names {name}"
        for path, text in texts.items()
        for name in endpoints_named(text)
        if homes[name] < FLOORS.index(floor_of[path])
    ]
    assert upwards == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    found = [path for path, _ in sources(*PRODUCT, "sandbox") if Path(path).stem in STRAY_NAMES]
    assert found == []


def test_public_functions_say_what_they_mean() -> None:
    missing = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in sources(*PRODUCT)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert missing == []
