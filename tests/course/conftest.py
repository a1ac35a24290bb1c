"""What every test of the course leaves behind as it was."""

import sys
from collections.abc import Iterator

import pytest

from vibejam_core.course.grafting import hook


@pytest.fixture(autouse=True)
def the_same_classes_afterwards() -> Iterator[None]:
    """Installing a workspace runs modules again, which makes new classes; the other tests hold the old ones."""
    before = {name: dict(vars(sys.modules[name])) for name in hook.MODULES if name in sys.modules}
    yield
    old_of_new = {}
    for name, saved in before.items():
        namespace = vars(sys.modules[name])
        own = [each for each, value in saved.items() if callable(value) and getattr(value, "__module__", "") == name]
        renewed = [each for each in own if each in namespace and namespace[each] is not saved[each]]
        if renewed:
            old_of_new |= {id(namespace[each]): saved[each] for each in renewed}
            namespace.clear()
            namespace.update(saved)
    if old_of_new:
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in ("vibejam_core", "scripts"):
                hook._renew(vars(module), old_of_new)
