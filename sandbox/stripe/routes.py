"""From a request to an answer: what is implemented, the check of both by the contract, lists, search and `expand`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.account import Account, Object, shown
from sandbox.stripe.contract import faults, is_expandable, read_parameters
from sandbox.stripe.refusals import Refusal, bad_request, not_implemented
from sandbox.stripe.spec import operation, path_pattern, resource

Handler = Callable[..., Object]
Matches = Callable[[Account, Object, Any], bool]
DATED = "created created.*"
PAGE = "limit starting_after ending_before"
LONGEST_PAGE = 100
DEEPEST_EXPANSION = 4


@dataclass(frozen=True)
class Route:
    """One implemented method: its verb and path as the library has them, and the parameters that it understands."""

    verb: str
    path: str
    understood: frozenset[str]
    handler: Handler


ROUTES: dict[tuple[str, str], Route] = {}


def answers(method: str, understood: str = "") -> Callable[[Handler], Handler]:
    """Says that a function answers a method such as `POST /v1/invoices/{invoice}/pay`.

    `understood` names the parameters, with dots for what is inside (`items.price`) and `.*` for all that is; any other
    parameter that the real API knows is refused as not implemented. The function is given the account, the parameters
    with their types, and the identifiers of the path in order.
    """
    verb, path = method.split()

    def register(handler: Handler) -> Handler:
        ROUTES[verb, path] = Route(verb, path, frozenset(understood.split()), handler)
        return handler

    return register


def offers(
    kind: str,
    path: str,
    filters: str = "",
    search: bool = False,
    dated: bool = True,
    usual: Mapping[str, str] | None = None,
    **special: Matches,
) -> None:
    """Lists objects of a kind at `/v1/<plural>` and gives one at `/v1/<plural>/{name}`, by search too when asked.

    A filter compares the field of its name; those in `special` bring their own comparison;
    those in `usual` hold when the request says nothing. `dated` lists are filtered by `created` too.
    """
    everything = path[: path.rindex("/")]

    @answers(f"GET {everything}", f"{PAGE} {filters} {' '.join(special)} {DATED if dated else ''}")
    def give_list(account: Account, given: Object) -> Object:
        wanted = {**(usual or {}), **{name: value for name, value in given.items() if name not in PAGE.split()}}
        rows = [row for row in account.where(kind) if all(_fits(account, row, *one, special) for one in wanted.items())]
        return page(rows, given, everything)

    @answers(f"GET {path}")
    def give_one(account: Account, _given: Object, identity: str) -> Object:
        # Who asks for a deleted object by its name is told that it is.
        return account.find(kind, identity) or account.get(kind, identity)

    if search:

        @answers(f"GET {everything}/search", "query limit page")
        def give_found(account: Account, given: Object) -> Object:
            if "page" in given:
                raise not_implemented("further pages of a search")
            clauses = list(_clauses(given["query"]))
            rows = [row for row in account.where(kind) if all(_says(row, *clause) for clause in clauses)]
            found = page(rows, given, f"{everything}/search")
            return found | {"object": "search_result", "next_page": None}


def answer(account: Account, verb: str, path: str, raw: Object) -> Object:
    """The answer to one request. Raises `Refusal`. Call it inside a transaction."""
    given = read_parameters(verb, path, raw)
    known = operation(verb, path)
    assert known is not None
    route = ROUTES.get((verb, known.path))
    if route is None:
        raise not_implemented(f"{verb} {known.path}")
    expand = given.pop("expand", [])
    for name in _leaves(given):
        if not _is_understood(name, route.understood):
            raise not_implemented(f"the parameter {name} of {verb} {known.path}")
    identities = path_pattern(known.path).match(path)
    found = route.handler(account, given, *(identities.groups() if identities else ()))
    return checked(expanded(account, shown(found), expand))


def checked(found: Object) -> Object:
    """The same, when the library's classes allow it; else a fault of the stand-in itself: 500, and its reasons."""
    if wrong := faults(found):
        raise Refusal(500, "The stand-in breaks its contract: " + "; ".join(wrong), kind="api_error")
    return found


def page(rows: Iterable[Object], given: Object, url: str) -> Object:
    """One page of a list, newest first, by cursor."""
    ordered = sorted(rows, key=lambda row: (row.get("created", 0), row.get("_number", 0)), reverse=True)
    limit = given.get("limit", 10)
    if not 1 <= limit <= LONGEST_PAGE:
        raise bad_request(f"This value must be between 1 and {LONGEST_PAGE}.", None, "limit")
    if cursor := given.get("starting_after"):
        ordered = ordered[_place(ordered, cursor, "starting_after") + 1 :]
    if cursor := given.get("ending_before"):
        before = ordered[: _place(ordered, cursor, "ending_before")]
        return _list(before[-limit:], len(before) > limit, url)
    return _list(ordered[:limit], len(ordered) > limit, url)


def listed(rows: list[Object], url: str) -> Object:
    """A list inside an object: all of it."""
    return _list(rows, False, url)


def expanded(account: Account, found: Object, paths: list[str]) -> Object:
    """The answer with identifiers replaced by their objects. Raises `Refusal` for what cannot be."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST_EXPANSION:
            raise bad_request("You cannot expand more than 4 levels of a property.", None, "expand")
        _expand(account, found, steps, path)
    return found


# -- the parts -------------------------------------------------------------------------------------------------------

INCLUDED: dict[tuple[str, str], Callable[[Account, Object], Object]] = {}


def includes(kind: str, field: str) -> Callable[[Callable[[Account, Object], Object]], None]:
    """Says that a function makes a field which an answer has only when `expand` asks for it."""

    def register(make: Callable[[Account, Object], Object]) -> None:
        INCLUDED[kind, field] = make

    return register


def _list(rows: list[Object], more: bool, url: str) -> Object:
    return {"object": "list", "data": rows, "has_more": more, "url": url}


def _place(rows: list[Object], identity: str, param: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == identity:
            return place
    raise bad_request(f"No such object: '{identity}'", "resource_missing", param)


def _leaves(given: Any, within: str = "") -> Iterator[str]:
    if isinstance(given, dict) and given:
        for name, value in given.items():
            yield from _leaves(value, f"{within}.{name}" if within else name)
    elif isinstance(given, list):
        for one in given:
            yield from _leaves(one, within)
    else:
        yield within


def _is_understood(name: str, understood: frozenset[str]) -> bool:
    parts = name.split(".")
    starts = {".".join(parts[:n]) + ".*" for n in range(len(parts) + 1)}
    return not name or name in understood or name + ".*" in understood or bool(starts & understood)


def _fits(account: Account, row: Object, name: str, value: Any, special: dict[str, Matches]) -> bool:
    if name in special:
        return special[name](account, row, value)
    if name == "created":
        return _is_within(row["created"], value)
    return bool(row.get(name) == value)


def _is_within(moment: int, wanted: int | dict[str, int]) -> bool:
    if isinstance(wanted, int):
        return moment == wanted
    tests = {"gt": moment.__gt__, "gte": moment.__ge__, "lt": moment.__lt__, "lte": moment.__le__}
    return all(tests[name](limit) for name, limit in wanted.items())


def _clauses(query: str) -> Iterator[tuple[str, str | None, str]]:
    """The clauses of a search joined by AND: a field or a key of metadata that equals a text.

    The real search lags behind by up to a minute: never rely on it to find what was made just now.
    """
    for clause in re.split(r"\s+AND\s+", query.strip()):
        said = re.fullmatch(r"""(\w+)(?:\[["'](.+?)["']\])?:\s*["'](.*)["']""", clause)
        if said is None or (said[2] is not None and said[1] != "metadata"):
            raise not_implemented(f"the search {clause!r}")
        yield said[1], said[2], said[3]


def _says(row: Object, field: str, key: str | None, text: str) -> bool:
    value = (row.get("metadata") or {}).get(key) if key is not None else row.get(field)
    return value is not None and str(value).lower() == text.lower()


def _expand(account: Account, found: Any, steps: list[str], path: str) -> None:
    if isinstance(found, dict) and found.get("object") in ("list", "search_result") and steps[0] == "data":
        for one in found["data"]:
            if steps[1:]:
                _expand(account, one, steps[1:], path)
        return
    field = steps[0]
    if not isinstance(found, dict) or not (field in found or (found.get("object"), field) in INCLUDED):
        if _may_expand(found, field):
            raise not_implemented(f"expand[]={path}")
        raise bad_request(f"This property cannot be expanded ({path}).", None, "expand")
    if (make := INCLUDED.get((str(found.get("object")), field))) is not None and field not in found:
        found[field] = shown(make(account, found))
    elif isinstance(found[field], str):
        _check_expandable(found, field, path)
        found[field] = shown(account.rows[found[field]])
    if steps[1:] and found[field] is not None:
        _expand(account, found[field], steps[1:], path)


def _may_expand(found: Any, field: str) -> bool:
    return isinstance(found, dict) and is_expandable(str(found.get("object")), field)


def _check_expandable(found: Object, field: str, path: str) -> None:
    if found.get("object") and resource(found["object"]) and not is_expandable(found["object"], field):
        raise bad_request(f"This property cannot be expanded ({path}).", None, "expand")
