"""Checks of arguments; each error names the argument, its value and what is allowed."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

_MOST = 2**63 - 1


def as_random(random_state: Any) -> Any:
    """Return a Generator as it is, a RandomState from what else scikit-learn takes."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return check_random_state(random_state)


def draw_seed(random_state: Any) -> int:
    """Return a seed for the kernels."""
    random = as_random(random_state)
    if isinstance(random, np.random.Generator):
        return int(random.integers(2**31))
    return int(random.randint(2**31 - 1))


def check_count(
    value: object, name: str, *, least: int, most: int | None = None
) -> int:
    """Return an integer from ``least`` to ``most``, or raise an error that names it.

    Without ``most`` the largest allowed integer is the largest of NumPy's int64.
    """
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    count, limit = int(value), _MOST if most is None else most
    if count > limit:
        raise ValueError(f"{name} must be at most {limit}, got {value}")
    return count


def check_flag(value: object, name: str) -> bool:
    """Return True or False, or raise."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def check_seed(value: object) -> int:
    """Return a ``--seed`` that can be a ``random_state``, or raise."""
    seed = check_count(value, "--seed", least=0)
    if seed >= 2**32:
        raise ValueError(f"--seed must be at most 2**32 - 1, got {seed}")
    return seed


def check_rank(n_components: object, shape: tuple[int, int]) -> int:
    """Return the rank, or raise if no matrix of this shape has it."""
    k = check_count(n_components, "n_components", least=1)
    if k > min(shape):
        raise ValueError(
            f"n_components must be at most min(n_samples={shape[0]}, "
            f"n_features={shape[1]}), got {k}"
        )
    return k


def check_n_iter(n_iter: object, name: str) -> int | None:
    """Return the number of power iterations, or None for "auto"."""
    if isinstance(n_iter, str):
        if n_iter != "auto":
            raise ValueError(f"{name} must be 'auto' or an integer, got {n_iter!r}")
        return None
    return check_count(n_iter, name, least=0)


def check_real(
    value: object,
    name: str,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    finite: bool = True,
) -> float:
    """Return a real number within the bounds, or raise an error that names it.

    ``least`` and ``most`` are allowed themselves, ``above`` and ``below`` are not. NaN
    is never allowed, and infinity only if not ``finite``.
    """
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    number = float(value) if is_real else np.nan  # type: ignore[arg-type]
    if (
        np.isnan(number)
        or (finite and np.isinf(number))
        or (least is not None and number < least)
        or (most is not None and number > most)
        or (above is not None and number <= above)
        or (below is not None and number >= below)
    ):
        bounds = [
            f"{words} {bound:g}"
            for words, bound in (
                ("at least", least),
                ("above", above),
                ("at most", most),
                ("below", below),
            )
            if bound is not None
        ]
        allowed = f"a number {' and '.join(bounds)}" if bounds else "a finite number"
        allowed = allowed.replace("number at", "number of at")
        error = ValueError if is_real else TypeError
        raise error(f"{name} must be {allowed}, got {value!r}")
    return number


def check_tol(tol: object, name: str = "tol") -> float:
    """Return a tolerance ≥ 0, which can be infinite, or raise."""
    return check_real(tol, name, least=0, finite=False)


def check_choice(
    value: object, name: str, choices: tuple[str, ...], *, alternative: str = ""
) -> str:
    """Return one of the choices, or raise and suggest the most similar one.

    ``alternative`` says what else the caller allows, for the error text.
    """
    if isinstance(value, str) and value in choices:
        return value
    allowed = ", ".join(choices) + (f" or {alternative}" if alternative else "")
    hint = did_you_mean(value, choices)
    raise ValueError(f"{name} must be one of {allowed}, got {value!r}{hint}")


def did_you_mean(value: object, choices: Iterable[object]) -> str:
    """Return "; did you mean …?" for the most similar choice, or nothing."""
    words = {str(choice).lower(): choice for choice in choices}
    word = value.lower() if isinstance(value, str) else ""
    similar = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean {words[similar[0]]!r}?" if similar else ""
