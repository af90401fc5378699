"""The contract, both ways: requests are read, and answers are built and checked, by the library's own annotations.

A request arrives as text in a form; `read_parameters` gives it types or says what is wrong in the words of the real
API. An answer is a dictionary; `complete` fills in what its class allows to be empty, and `faults` names every field
that the class does not know, lacks, or has with another type. Enumerations that the library leaves open for versions
to come (`Literal[...] | str`) are closed here: an answer or a request with a word of tomorrow is a fault today.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from sandbox.stripe.refusals import Refusal, bad_request
from sandbox.stripe.spec import Shape, operation, resource

# What the real API leaves out of an answer unless it is asked for by `expand`, or for ever.
ONLY_WHEN_ASKED = {
    "invoice": {"payments", "confirmation_secret", "test_clock"},
    "customer": {"subscriptions", "sources", "tax_ids", "tax", "cash_balance", "invoice_credit_balance", "test_clock"},
    "checkout.session": {"line_items"},
    "charge": {"refunds"},
    "subscription": {"test_clock"},
    "price": {"tiers", "currency_options"},
}
# What only a real account has: other countries, other trades, other times.
NEVER = {"deleted", "on_behalf_of", "transfer_data", "application", "customer_account"}


def read_parameters(verb: str, path: str, raw: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a request with their types. Raises `Refusal` for what the library's types do not allow."""
    found = operation(verb, path)
    if found is None:
        raise Refusal(404, f"Unrecognized request URL ({verb}: {path}).")
    shape = found.parameters
    return _read_fields(shape, raw, "") if shape else _none_expected(raw)


def complete(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """An object of the API: what is given, and for all else nothing, no, an empty list or no pence."""
    shape = resource(name)
    assert shape is not None, name
    return _complete(shape, {"object": name, **given}, ONLY_WHEN_ASKED.get(name, set()))


def faults(answer: object, at: str = "answer") -> list[str]:
    """What in an answer the library's classes do not allow; empty when it keeps to them."""
    if isinstance(answer, dict) and answer.get("object") in ("list", "search_result"):
        return [fault for i, one in enumerate(answer["data"]) for fault in faults(one, f"{at}.data[{i}]")]
    if not isinstance(answer, dict) or (shape := resource(str(answer.get("object")))) is None:
        return [f"{at}: no resource of the library"]
    if answer.get("deleted"):
        return [] if set(answer) == {"id", "object", "deleted"} else [f"{at}: more than a deleted object says"]
    found = list(_fields_faults(shape, answer, at))
    if answer["object"] == "event":
        found += faults(answer["data"]["object"], f"{at}.data.object")
    return found


def has_field(name: str, field: str) -> bool:
    """Whether objects of that name have that field."""
    shape = resource(name)
    return shape is not None and field in shape.fields


def may_be_empty(name: str, field: str) -> bool:
    """Whether a field of such objects may say nothing."""
    shape = resource(name)
    return shape is None or field not in shape.fields or _parts(shape.fields[field])[0] == "Optional"


def is_expandable(name: str, field: str) -> bool:
    """Whether `expand` may ask for a field of such an object."""
    shape = resource(name)
    if shape is None or field not in shape.fields:
        return False
    return "ExpandableField" in ast.unparse(shape.fields[field]) or field in ONLY_WHEN_ASKED.get(name, set())


# -- requests --------------------------------------------------------------------------------------------------------


def _none_expected(raw: dict[str, Any]) -> dict[str, Any]:
    for name in raw:
        raise _unknown(name)
    return {}


def _unknown(name: str) -> Refusal:
    return bad_request(f"Received unknown parameter: {name}", "parameter_unknown", name)


def _read_fields(shape: Shape, raw: dict[str, Any], within: str) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in raw.items():
        full = f"{within}[{name}]" if within else name
        if name not in shape.fields:
            raise _unknown(full)
        typed[name] = _read(shape, shape.fields[name], value, full)
    for name, annotation in shape.fields.items():
        if name not in raw and _parts(annotation)[0] != "NotRequired":
            full = f"{within}[{name}]" if within else name
            raise bad_request(f"Missing required param: {full}.", "parameter_missing", full)
    return typed


def _read(shape: Shape, annotation: ast.expr, value: Any, at: str) -> Any:
    """A value of a form with its type. Raises `Refusal`; of several alternatives, that of the likeliest."""
    refused: list[Refusal] = []
    for alternative in _alternatives(annotation):
        try:
            return _read_one(shape, alternative, value, at)
        except Refusal as refusal:
            refused.append(refusal)
    # A dictionary was meant for the alternative with fields: its complaint says most.
    raise refused[-1] if isinstance(value, dict) else refused[0]


def _read_one(shape: Shape, annotation: ast.expr, value: Any, at: str) -> Any:
    outer, inner = _parts(annotation)
    match outer:
        case "Literal":
            return _read_literal([ast.literal_eval(word) for word in inner], value, at)
        case "List" | "list":
            if not isinstance(value, list):
                raise bad_request("Invalid array", "parameter_invalid_array", at)
            return [_read(shape, inner[0], one, f"{at}[{i}]") for i, one in enumerate(value)]
        case "Dict" | "UntypedStripeObject" | "Mapping":
            if not isinstance(value, dict):
                raise bad_request("Invalid hash", "parameter_invalid_hash", at)
            return value
        case "str" | "int" | "float" | "bool" | "Decimal":
            return _read_scalar(outer, value, at)
    if not isinstance(value, dict):
        raise bad_request("Invalid object", "parameter_invalid_object", at)
    return _read_fields(shape.named(outer), value, at)


def _read_literal(words: list[Any], value: Any, at: str) -> Any:
    if value in [str(word) for word in words]:
        return value
    wanted = ", ".join(str(word) for word in words[:-1]) + f"{', or ' if words[1:] else ''}{words[-1]}"
    raise bad_request(f"Invalid {at}: must be one of {wanted}", None, at)


_SCALARS: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "int": (r"-?\d{1,18}", int, "parameter_invalid_integer"),
    "float": (r"-?\d+(\.\d+)?", float, "parameter_invalid_decimal"),
    "Decimal": (r"-?\d+(\.\d+)?", str, "parameter_invalid_decimal"),
    "bool": (r"true|false", lambda text: text == "true", "parameter_invalid_boolean"),
    "str": (r"(?s).*", str, "parameter_invalid_string"),
}


def _read_scalar(kind: str, value: Any, at: str) -> Any:
    pattern, turn, code = _SCALARS[kind]
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise bad_request(f"Invalid {kind}: {value}", code, at)
    return turn(value)


# -- annotations -----------------------------------------------------------------------------------------------------


@cache
def _parts(annotation: ast.expr) -> tuple[str, list[ast.expr]]:
    """`List[str]` is `List` with `str` in it."""
    if isinstance(annotation, ast.Subscript):
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        return ast.unparse(annotation.value), list(inner)
    return ast.unparse(annotation), []


@cache
def _alternatives(annotation: ast.expr) -> tuple[ast.expr, ...]:
    """What a value may be, opened down to single types; the string beside an enumeration is left out."""
    found = list(_opened(annotation))
    words = [one for one in found if _parts(one)[0] == "Literal" and ast.unparse(one) != "Literal['']"]
    return tuple(one for one in found if not (words and _parts(one)[0] == "str"))


def _opened(annotation: ast.expr) -> Iterator[ast.expr]:
    outer, inner = _parts(annotation)
    if isinstance(annotation, ast.BinOp):
        inner = [annotation.left, annotation.right]
    elif outer == "ExpandableField":
        yield ast.Name("str")
    elif outer == "Optional":
        yield ast.Constant(None)
    elif outer not in ("Union", "NotRequired", "Required"):
        yield annotation
        return
    for one in inner:
        yield from _opened(one)


# -- answers ---------------------------------------------------------------------------------------------------------


def _complete(shape: Shape, given: dict[str, Any], absent: set[str]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name, annotation in shape.fields.items():
        if name in given:
            whole[name] = _complete_value(shape, annotation, given[name])
        elif name not in absent and name not in NEVER:
            _leave_empty(whole, name, annotation)
    # What the class does not know is kept, so that the check of the answer tells of it.
    return whole | {name: value for name, value in given.items() if name not in whole}


def _complete_value(shape: Shape, annotation: ast.expr, value: Any) -> Any:
    if isinstance(value, dict) and "object" not in value:
        for alternative in _alternatives(annotation):
            outer, _ = _parts(alternative)
            if isinstance(alternative, ast.Name) and outer[0].isupper() and outer != "Any":
                return _complete(shape.named(outer), value, set())
    if isinstance(value, list) and (inner := _parts(next(_alternatives_but_none(annotation), annotation))[1]):
        return [_complete_value(shape, inner[0], one) for one in value]
    return value


def _alternatives_but_none(annotation: ast.expr) -> Iterator[ast.expr]:
    return (one for one in _alternatives(annotation) if _parts(one)[0] != "None")


_EMPTY: dict[str, Any] = {"bool": False, "int": 0}


def _leave_empty(whole: dict[str, Any], name: str, annotation: ast.expr) -> None:
    outer, _ = _parts(annotation)
    if outer == "Optional":
        whole[name] = None
    elif outer in ("List", "list"):
        whole[name] = []
    elif outer in ("Dict", "UntypedStripeObject"):
        whole[name] = {}
    elif outer in _EMPTY:
        whole[name] = _EMPTY[outer]


def _fields_faults(shape: Shape, answer: dict[str, Any], at: str) -> Iterator[str]:
    optional = ONLY_WHEN_ASKED.get(str(answer.get("object")), set()) | NEVER
    for name, value in answer.items():
        if name not in shape.fields:
            yield f"{at}.{name}: not a field of {shape.name}"
        else:
            yield from _value_faults(shape, shape.fields[name], value, f"{at}.{name}")
    for name, annotation in shape.fields.items():
        if name not in answer and name not in optional and _parts(annotation)[0] != "Optional":
            yield f"{at}.{name}: missing in {shape.name}"


def _value_faults(shape: Shape, annotation: ast.expr, value: Any, at: str) -> list[str]:
    """The faults of a value by the alternative that it is closest to; none when any of them allows it."""
    best: list[str] | None = None
    for alternative in _alternatives(annotation):
        found = _one_faults(shape, alternative, value, at)
        if not found:
            return []
        if best is None or isinstance(value, dict | list):
            best = found
    return best or [f"{at}: {value!r}"]


def _one_faults(shape: Shape, annotation: ast.expr, value: Any, at: str) -> list[str]:
    outer, inner = _parts(annotation)
    match outer:
        case "Any":
            return []
        case "None":
            return [] if value is None else [f"{at}: {value!r} is not empty"]
        case "Literal":
            return [] if value in [ast.literal_eval(word) for word in inner] else [f"{at}: {value!r} is no word of it"]
        case "List" | "list":
            if not isinstance(value, list):
                return [f"{at}: {value!r} is no list"]
            return [f for i, one in enumerate(value) for f in _value_faults(shape, inner[0], one, f"{at}[{i}]")]
        case "ListObject":
            return _list_faults(shape, inner[0], value, at)
        case "Dict" | "UntypedStripeObject":
            return [] if isinstance(value, dict) else [f"{at}: {value!r} is no map"]
        case "str" | "int" | "float" | "bool" | "Decimal":
            return [] if _is(outer, value) else [f"{at}: {value!r} is not {outer}"]
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no {outer}"]
    meant = shape.named(outer)
    if isinstance(value.get("object"), str) and (known := resource(value["object"])) is not None:
        return list(_fields_faults(known, value, at)) if known is meant else [f"{at}: {value['object']}, not {outer}"]
    return list(_fields_faults(meant, value, at))


def _list_faults(shape: Shape, member: ast.expr, value: Any, at: str) -> list[str]:
    if not isinstance(value, dict) or set(value) != {"object", "data", "has_more", "url"}:
        return [f"{at}: {value!r} is no list object"]
    return [f for i, one in enumerate(value["data"]) for f in _value_faults(shape, member, one, f"{at}.data[{i}]")]


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "str":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
    # Decimals travel as text.
    return isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
