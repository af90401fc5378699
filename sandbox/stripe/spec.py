"""The installed `stripe` library, read as the specification of the API version that it is pinned to.

The library is generated from Stripe's own description of the API: its services name every path with the type of its
parameters, `params/` holds those types, and the resource classes say which fields an answer has. All of it is read
as text (`ast`), never imported: its types name each other in circles that only a type checker resolves.
"""

import ast
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, eq=False)
class Shape:
    """A class of the library: its fields with their annotations, and where the names in these are looked up."""

    name: str
    fields: Mapping[str, ast.expr]
    inner: Mapping[str, "Shape"]
    outer: "Shape | None"
    module: str

    def named(self, name: str) -> "Shape":
        """What a name in an annotation of this class means: an inner class, a neighbour, or an import."""
        here: Shape | None = self
        while here is not None:
            if name in here.inner:
                return here.inner[name]
            here = here.outer
        module = _module(self.module)
        if name in module.shapes:
            return module.shapes[name]
        source, original = module.imports[name]
        return _module(source).shapes[original]


@dataclass(frozen=True)
class _Module:
    shapes: Mapping[str, Shape]
    imports: Mapping[str, tuple[str, str]]
    tree: ast.Module


@dataclass(frozen=True)
class Operation:
    """One method of the API, such as `GET /v1/invoices/{invoice}`, and the module of the library that has it."""

    verb: str
    path: str
    module: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the path of a request looks like; the identifiers in it are groups."""
        return path_pattern(self.path)

    @property
    def parameters(self) -> Shape | None:
        """The shape of its parameters, when it takes any."""
        return _parameters(self)


@cache
def path_pattern(path: str) -> re.Pattern[str]:
    """The expression of a path with `{names}`; each name is a group and matches one segment."""
    return re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$")


@cache
def api_version() -> str:
    """The version of the API that the installed library speaks."""
    tree = _tree(_folder() / "_api_version.py")
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    return next(value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str))


@cache
def operations() -> tuple[Operation, ...]:
    """Every method of version 1 of the API. Found by text: parsing all services takes seconds."""
    called = re.compile(r'_request\(\s*"(get|post|delete)",\s*"(/v1/[^"]+)"')
    return tuple(
        Operation(verb.upper(), path, _dotted(file))
        for file in sorted(_folder().rglob("*_service.py"))
        for verb, path in called.findall(file.read_text())
    )


@cache
def operation(verb: str, path: str) -> Operation | None:
    """The method that a request means; a literal path goes before one with names."""
    found = [one for one in operations() if one.verb == verb and one.pattern.match(path)]
    return min(found, key=lambda one: one.path.count("{"), default=None)


def resource(name: str) -> Shape | None:
    """The class of the answers that say `"object": name`."""
    found = _resource_modules().get(name)
    return _module(found[0]).shapes[found[1]] if found else None


@cache
def _resource_modules() -> Mapping[str, tuple[str, str]]:
    """Module and class by the name in the field `object`."""
    named = re.compile(r'^class (\w+)\(|^    OBJECT_NAME: ClassVar\[\s*Literal\[\s*"([\w.]+)"', re.M)
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(_folder().rglob("_*.py")):
        text = file.read_text()
        if "OBJECT_NAME" not in text:
            continue
        class_name = ""
        for begun, name in named.findall(text):
            class_name = begun or class_name
            if name:
                found.setdefault(name, (_dotted(file), class_name))
    return found


@cache
def _parameters(wanted: Operation) -> Shape | None:
    module = _module(wanted.module)
    for method in (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)):
        calls = [node for node in ast.walk(method) if isinstance(node, ast.Call) and len(node.args) >= 2]
        if any((_text(node.args[0]), _text(node.args[1])) == (wanted.verb.lower(), wanted.path) for node in calls):
            name = _parameters_name(method)
            source = module.imports[name] if name else None
            return _module(source[0]).shapes[source[1]] if source else None
    return None


def _parameters_name(method: ast.FunctionDef) -> str | None:
    for argument in method.args.args:
        if argument.arg == "params" and argument.annotation is not None:
            named = re.search(r"\b\w+Params\b", ast.unparse(argument.annotation))
            return named.group() if named else None
    return None


def _text(node: ast.expr) -> str | None:
    """A literal string, also one that `.format` fills in."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        node = node.func.value
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@cache
def _module(name: str) -> _Module:
    path = _folder().joinpath(*name.split(".")[1:])
    tree = _tree(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))
    shapes: dict[str, Shape] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            shapes[node.name] = _shape(node, None, name)
    imports = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    return _Module(shapes, imports, tree)


def _shape(node: ast.ClassDef, outer: Shape | None, module: str) -> Shape:
    fields: dict[str, ast.expr] = {}
    inner: dict[str, Shape] = {}
    shape = Shape(node.name, fields, inner, outer, module)
    for part in node.body:
        if isinstance(part, ast.ClassDef):
            inner[part.name] = _shape(part, shape, module)
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            annotation = _unquoted(part.annotation)
            if not ast.unparse(annotation).startswith("ClassVar"):
                fields[part.target.id] = annotation
    return shape


class _Unquote(ast.NodeTransformer):
    """Opens annotations that are written as strings, save the values of a Literal."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leaves a Literal as it is."""
        return node if ast.unparse(node.value) == "Literal" else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Opens a string."""
        return _unquoted(ast.parse(node.value, mode="eval").body) if isinstance(node.value, str) else node


def _unquoted(annotation: ast.expr) -> ast.expr:
    opened = _Unquote().visit(annotation)
    assert isinstance(opened, ast.expr)
    return opened


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _dotted(path: Path) -> str:
    return ".".join(("stripe", *path.relative_to(_folder()).with_suffix("").parts))


@cache
def _folder() -> Path:
    found = importlib.util.find_spec("stripe")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent
