"""The purity checker: reads the source of `muxer_core` and finds what a pure core may not do.

Three rules, each seen in the syntax tree alone:

* **modules**: an import must be on the list of pure modules. The list allows, it does not forbid, so that a module nobody thought of
  is found.
* **calls**: `open`, `print`, `input` and their like; the built-in `hash` and `id`, which differ from run to run; and the methods of
  `datetime` that read a clock or the machine's time zone.
* **order**: a set may be asked, counted, sorted and combined, but nothing may come out in a set's own order. Sets are recognised by how
  they are written, by annotations (of names and of fields) and by what other modules of the core define; what cannot be seen is not
  found. A loop whose result is the same in every order says so on its line: `# any order: <reason>`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

PURE_MODULES = frozenset({
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "contextlib", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fnmatch", "fractions", "functools", "hashlib", "heapq", "hmac", "itertools",
    "json", "math", "numbers", "operator", "re", "string", "struct", "types", "typing", "unicodedata",
    "urllib.parse", "zlib",
    "msgspec", "muxer_core",
})  # fmt: skip
"""What the core may import; a submodule of a listed one counts, but `urllib.parse` does not allow `urllib.request`."""

ALSO_PURE_IN = {
    "muxer_core/testing/": frozenset({"hypothesis"}),
    "muxer_core/__init__.py": frozenset({"importlib"}),
}
"""`muxer_core.testing` is for users' own tests and builds on Hypothesis. The package itself loads its own rooms, from a fixed table."""

BANNED_CALLS = {
    "open": "touches files",
    "print": "writes to the terminal",
    "input": "reads the terminal",
    "breakpoint": "stops for the terminal",
    "eval": "runs text as code",
    "exec": "runs text as code",
    "__import__": "hides an import from this checker",
    "hash": "differs from run to run for text and bytes",
    "id": "differs from run to run",
}
CLOCK_METHODS = frozenset({"now", "utcnow", "today"})
"""Methods of `datetime` and `date` that read the clock."""

ZONE_METHODS = {"fromtimestamp": 1, "astimezone": 0}
"""Methods of dates that take the machine's time zone when called with at most so many arguments."""

_CLOCK_OWNERS = frozenset({"datetime", "date"})
_SET_MAKERS = frozenset({"set", "frozenset"})
_SET_ANNOTATIONS = frozenset({"set", "frozenset", "Set", "AbstractSet", "MutableSet", "FrozenSet"})
_SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference", "copy"})
_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
_ORDER_TAKERS = frozenset({"list", "tuple", "iter", "enumerate", "zip", "map", "filter", "reversed", "next"})
_ORDER_METHODS = frozenset({"join", "fromkeys", "extend"})
_ORDER_LOSERS = frozenset({"sorted", "set", "frozenset", "any", "all", "min", "max", "sum", "len"})
_EXCUSE = re.compile(r"# any order: \S")


class Violation(NamedTuple):
    """One forbidden thing: where it stands and why it is forbidden."""

    path: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.what}"


class KnownSets(NamedTuple):
    """Names and fields that hold sets: by module (dotted), and field names that are sets wherever they are declared."""

    by_module: Mapping[str, frozenset[str]]
    fields: frozenset[str]


def check_tree(root: Path) -> list[Violation]:
    """All violations in the package folder `root`."""
    sources = {
        path.relative_to(root.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.py"))
    }
    return check_sources(sources)


def check_sources(sources: Mapping[str, str]) -> list[Violation]:
    """All violations in sources, given as path (from the folder above the package) to text."""
    trees = {path: ast.parse(text, filename=path) for path, text in sources.items()}
    known = _known_sets(trees)
    found = [violation for path, tree in trees.items() for violation in _check_file(path, sources[path], tree, known)]
    return sorted(set(found))


def _check_file(path: str, source: str, tree: ast.Module, known: KnownSets) -> Iterator[Violation]:
    lines = source.splitlines()
    yield from _check_imports(path, tree)
    yield from _check_calls(path, tree)
    for violation in _check_order(path, tree, known):
        if not _EXCUSE.search(lines[violation.line - 1]):
            yield violation


# --------------------------------------------------------------------------------------------------------------------- modules


def _check_imports(path: str, tree: ast.Module) -> Iterator[Violation]:
    allowed = PURE_MODULES.union(*(extra for prefix, extra in ALSO_PURE_IN.items() if path.startswith(prefix)))
    for node in ast.walk(tree):
        for module in _imported(node):
            if not any(module == pure or module.startswith(f"{pure}.") for pure in allowed):
                yield Violation(
                    path, _line(node), "modules", f"imports {module}, which is not on the list of pure modules"
                )


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            yield "(a relative import)"
        elif node.module == "urllib":
            yield from (f"urllib.{alias.name}" for alias in node.names)
        else:
            yield node.module or ""


# ----------------------------------------------------------------------------------------------------------------------- calls


def _check_calls(path: str, tree: ast.Module) -> Iterator[Violation]:
    for node in ast.walk(tree):
        # Also a bare mention, as in `key=hash`; not a field, a keyword or a name being assigned.
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id in BANNED_CALLS
            and not _is_local(tree, node.id)
        ):
            yield Violation(path, node.lineno, "calls", f"uses {node.id}, which {BANNED_CALLS[node.id]}")
        if isinstance(node, ast.Attribute) and node.attr in CLOCK_METHODS and _last_name(node.value) in _CLOCK_OWNERS:
            yield Violation(path, node.lineno, "calls", f"uses .{node.attr}, which reads the clock")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            most = ZONE_METHODS.get(node.func.attr)
            if most is not None and len(node.args) + len(node.keywords) <= most:
                yield Violation(
                    path, node.lineno, "calls", f"calls .{node.func.attr}() without a time zone: it takes the machine's"
                )


def _is_local(tree: ast.Module, name: str) -> bool:
    """Whether the module itself binds this name, as a parameter or by assignment: then it is not the built-in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.arg == name:
            return True
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Store)
            and node.id == name
            and not _in_class_body(tree, node)
        ):
            return True
    return False


def _in_class_body(tree: ast.Module, name: ast.Name) -> bool:
    """Whether this is the name of a field; inside methods it does not hide the built-in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and statement.target is name:
                    return True
                if isinstance(statement, ast.Assign) and name in statement.targets:
                    return True
    return False


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# ----------------------------------------------------------------------------------------------------------------------- order


def _known_sets(trees: Mapping[str, ast.Module]) -> KnownSets:
    by_module: dict[str, frozenset[str]] = {}
    as_set: set[str] = set()
    as_other: set[str] = set()
    for path, tree in trees.items():
        here = _SetNames(frozenset(), frozenset())
        here.learn(tree.body)
        by_module[path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")] = frozenset(here.names)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        (as_set if _annotates_set(field.annotation) else as_other).add(field.target.id)
    # A field name that is a set in one class and something else in another says nothing.
    return KnownSets(by_module, frozenset(as_set - as_other))


def _annotates_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _annotates_set(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.BinOp):  # `frozenset[str] | None`
        return _annotates_set(node.left) or _annotates_set(node.right)
    return _last_name(node.value if isinstance(node, ast.Subscript) else node) in _SET_ANNOTATIONS


class _SetNames:
    """Which expressions are sets, given the names known to hold one."""

    def __init__(self, names: Iterable[str], fields: frozenset[str]) -> None:
        self.names = set(names)
        self.fields = fields

    def learn(self, statements: Iterable[ast.stmt]) -> None:
        """Take in the names that these statements bind, those inside nested blocks included, those inside functions not."""
        for statement in statements:
            for node in _own_nodes(statement):
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    given = node.value is not None and self.is_set(node.value)
                    self._bind(node.target.id, is_set=given or _annotates_set(node.annotation))
                elif isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, ast.Name):
                            self._bind(target.id, is_set=self.is_set(node.value))

    def _bind(self, name: str, *, is_set: bool) -> None:
        if is_set:
            self.names.add(name)
        else:
            self.names.discard(name)

    def is_set(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Set | ast.SetComp):
            return True
        if isinstance(node, ast.Name):
            return node.id in self.names
        if isinstance(node, ast.Attribute):
            return node.attr in self.fields
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in _SET_METHODS:
                return self.is_set(node.func.value)
            return isinstance(node.func, ast.Name) and node.func.id in _SET_MAKERS
        if isinstance(node, ast.BinOp) and isinstance(node.op, _SET_OPERATORS):
            return self.is_set(node.left) or self.is_set(node.right)
        if isinstance(node, ast.IfExp):
            return self.is_set(node.body) or self.is_set(node.orelse)
        return isinstance(node, ast.BoolOp) and any(self.is_set(value) for value in node.values)


def _check_order(path: str, tree: ast.Module, known: KnownSets) -> Iterator[Violation]:
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in known.by_module
        for alias in node.names
        if alias.name in known.by_module[node.module or ""]
    }
    yield from _check_scope(path, tree.body, _SetNames(imported, known.fields))


def _check_scope(
    path: str, body: list[ast.stmt], outer: _SetNames, parameters: ast.arguments | None = None
) -> Iterator[Violation]:
    sets = _SetNames(outer.names, outer.fields)
    if parameters is not None:
        for one in (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs):
            sets._bind(one.arg, is_set=one.annotation is not None and _annotates_set(one.annotation))
    sets.learn(body)
    for statement in body:
        # A comprehension handed straight to something that forgets order may walk a set.
        forgiven: set[ast.AST] = set()
        for node in _own_nodes(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ORDER_LOSERS:
                forgiven.update(node.args)
            if node not in forgiven:
                yield from (Violation(path, _line(one), "order", what) for one, what in _order_leaks(node, sets))
        for scope in _own_scopes(statement):
            if isinstance(scope, ast.ClassDef):
                yield from _check_scope(path, scope.body, sets)
            else:
                yield from _check_scope(path, scope.body, sets, scope.args)


def _order_leaks(node: ast.AST, sets: _SetNames) -> Iterator[tuple[ast.AST, str]]:
    """Where this one node lets a set's own order out."""
    if isinstance(node, ast.For | ast.AsyncFor) and sets.is_set(node.iter):
        yield node.iter, "loops over a set: sort it first"
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
        yield from (
            (part.iter, "builds from a set: sort it first") for part in node.generators if sets.is_set(part.iter)
        )
    elif isinstance(node, ast.Starred) and sets.is_set(node.value):
        yield node, "spreads a set: sort it first"
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List) and sets.is_set(node.value):
        yield node, "unpacks a set: sort it first"
    elif isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if (name in _ORDER_TAKERS or method in _ORDER_METHODS) and any(sets.is_set(given) for given in node.args):
            yield node, f"gives a set to {name or method}(), which keeps its order: sort it first"
        if method == "pop" and isinstance(node.func, ast.Attribute) and not node.args and sets.is_set(node.func.value):
            yield node, "pops from a set, which gives any member"
    elif isinstance(node, ast.FormattedValue) and sets.is_set(node.value):
        yield node, "writes a set into text: sort it first"


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement, parents first, without the insides of functions and classes that it defines."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def _own_scopes(statement: ast.stmt) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in _own_nodes(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)
