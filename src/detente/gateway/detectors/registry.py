"""All detectors by name: a new one is one file in this folder, or an entry point of another package."""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from detente.gateway import detectors
from detente.gateway.rule import Detector, Rule

GROUP = "detente.detectors"


@cache
def names() -> tuple[str, ...]:
    """Our own detectors in alphabetical order, then those of other packages."""
    own = sorted(module.name for module in iter_modules(detectors.__path__) if module.name != "registry")
    return (*own, *sorted(point.name for point in entry_points(group=GROUP)))


@cache
def detector(name: str) -> Detector:
    """One detector, loaded on demand. Raises KeyError for a name nobody registered."""
    for point in entry_points(group=GROUP, name=name):
        found: Detector = point.load()
        return found
    if name not in names():
        raise KeyError(name)
    own: Detector = import_module(f"{detectors.__name__}.{name}").DETECTOR
    return own


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of all detectors."""
    return tuple(rule for name in names() for rule in detector(name).rules)
