"""Environment variables that config/settings.py reads, found in its source."""

import ast
from pathlib import Path
from typing import Any

from django.conf import settings

SOURCE = Path(settings.BASE_DIR) / "config" / "settings.py"
COMPUTED = object()


def read_from_environment() -> dict[str, Any]:
    """Every variable with its default, or COMPUTED where that is no plain value."""
    calls = (node for node in ast.walk(ast.parse(SOURCE.read_text("utf-8"))) if isinstance(node, ast.Call))
    return {_name(call): _default(call) for call in calls if _is_reading(call)}


def shown(value: Any) -> str:
    """A default as an operator would write it: `on`, `off`, a number, or nothing."""
    match value:
        case bool():
            return "on" if value else "off"
        case list():
            return ",".join(value)
        case None:
            return ""
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _is_reading(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "env"
        and function.attr != "check"
    )


def _name(call: ast.Call) -> str:
    name = ast.literal_eval(call.args[0])
    assert isinstance(name, str)
    return name


def _default(call: ast.Call) -> Any:
    [default] = (keyword.value for keyword in call.keywords if keyword.arg == "default")
    return _value(default)


def _value(node: ast.expr) -> Any:
    """The value of a literal, or of a product of two."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _value(node.left) * _value(node.right)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return COMPUTED
