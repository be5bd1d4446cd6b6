"""Registry of the declarations: the variables of the modules beside this one."""

import pkgutil
from functools import cache
from importlib import import_module

import schema.dataloaders
from schema.dataloaders.base import Declaration


def declarations() -> dict[str, Declaration]:
    """Return the declarations by `module.name`, in alphabetical order."""
    found = {}
    for module in pkgutil.iter_modules(schema.dataloaders.__path__):
        variables = vars(import_module(f"{schema.dataloaders.__name__}.{module.name}"))
        for name, value in variables.items():
            if isinstance(value, Declaration):
                found[f"{module.name}.{name}"] = value
    return dict(sorted(found.items()))


@cache
def names() -> dict[Declaration, str]:
    """Return the names of the declarations."""
    return {declaration: name for name, declaration in declarations().items()}
