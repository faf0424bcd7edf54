"""The commands in error texts install what the extras of pyproject.toml have."""

import re
import tomllib
from pathlib import Path

import pytest

from latentia._extras import _PACKAGES, install_hint

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def _packages(extra, of_others=True):
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    for requirement in project["optional-dependencies"][extra]:
        other = re.fullmatch(r"latentia\[(.*)\]", requirement)
        if other is None:
            yield re.split(r"[>=<]", requirement)[0]
        elif of_others:
            yield from _packages(other[1])


@pytest.mark.parametrize("extra", _PACKAGES)
def test_a_hint_installs_all_packages_of_its_extra(extra):
    named = install_hint(extra).partition(" (")[0].removeprefix("pip install ")
    packages = set(named.replace("'", "").split())
    assert set(_packages(extra, of_others=False)) <= packages <= set(_packages(extra))
