"""Ids of users and items: integers, strings, or other hashable values of one type."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_SHOWN = 5


def encode(values: Any, name: str) -> tuple[Array, NDArray[np.int64]]:
    """Return the different ids, and for each value the number of its id.

    Parameters
    ----------
    values : array-like of shape (n,)
    name : str
        How error messages name them.

    Returns
    -------
    ids : ndarray of shape (n_ids,)
        int64 or object. Sorted; ids without an order are in the order in which they
        appear.
    numbers : ndarray of shape (n,)

    Raises
    ------
    TypeError
        If an id cannot be hashed, or ids have different types: 17 and "17" would be
        two users.
    ValueError
        If a value is missing, or they do not have one axis.
    """
    array = one_axis(values, name)
    if array.dtype.kind in "iu":
        check_fits_int64(array, name)
        ids, numbers = np.unique(array, return_inverse=True)
        return ids.astype(np.int64), numbers.astype(np.int64)
    listed = _as_list(array)
    try:
        different = list(dict.fromkeys(listed))
    except TypeError:
        row = next(i for i, value in enumerate(listed) if not _is_hashable(value))
        raise TypeError(
            f"{name} must be values that can be hashed, got {listed[row]!r:.100} in "
            f"row {row}"
        ) from None
    for value in different:
        if _is_missing(value):
            row = next(i for i, v in enumerate(listed) if v is value)
            raise ValueError(f"{name} must not be missing, got {value!r} in row {row}")
    _check_one_type(listed, name)
    with contextlib.suppress(TypeError):  # values without an order
        different.sort()
    number = {value: i for i, value in enumerate(different)}
    numbers = np.fromiter(map(number.__getitem__, listed), np.int64, len(listed))
    return as_id_array(different), numbers


def as_id_array(values: Sequence[Any]) -> Array:
    """Return ids as int64, if all are integers, or as objects."""
    if values and all(type(value) is int for value in values):
        try:
            return np.array(values, dtype=np.int64)
        except OverflowError:
            pass
    return _objects(values)


def check_ids(values: Any, name: str, count: int, counted: str) -> Array:
    """Return ``count`` different ids, or raise."""
    ids, numbers = encode(values, name)
    if len(numbers) != count:
        raise ValueError(
            f"{name} must have one id for each of the {count} {counted} of the matrix, "
            f"got {len(numbers)}"
        )
    if len(ids) != len(numbers):
        twice = int(np.argmax(np.bincount(numbers) > 1))
        raise ValueError(
            f"{name} must be different ids, got {plain(ids[twice])!r} twice"
        )
    ordered = np.empty_like(ids)
    ordered[:] = ids[numbers]
    return ordered


def requested(values: Any) -> list[Any]:
    """Return the ids that a caller asked for; a single id is a list of one."""
    is_array = isinstance(values, np.ndarray) and values.ndim > 0
    if isinstance(values, str | bytes) or not (is_array or hasattr(values, "__iter__")):
        return [plain(values)]
    return _as_list(one_axis(values, "ids"))


def unknown(ids: Iterable[Any], known: Array, what: str) -> ValueError:
    """Return the error about ids that are not known; it names some of them."""
    missing = list(dict.fromkeys(ids))
    named = ", ".join(repr(value) for value in missing[:_SHOWN])
    more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
    hint = ""
    if len(known):
        kinds = type(plain(known[0])), type(missing[0])
        if kinds[0] is not kinds[1]:
            hint = (
                f"; known ids are {kinds[0].__name__}, such as "
                f"{plain(known[0])!r}, not {kinds[1].__name__}"
            )
    return ValueError(f"unknown {what}: {named}{more}{hint}")


def one_axis(values: Any, name: str) -> Array:
    """Return values as an array of one axis, or raise."""
    if isinstance(values, np.ndarray) or hasattr(values, "__array__"):
        array = np.asarray(values)
    else:
        if isinstance(values, str | bytes | Set | Mapping):
            raise TypeError(
                f"{name} must be a sequence, such as a list, got "
                f"{type(values).__name__}"
            )
        listed = list(values)
        is_number = all(
            isinstance(v, int | float | np.number) and not isinstance(v, bool)
            for v in listed
        )
        array = np.array(listed) if listed and is_number else _objects(listed)
        if array.dtype.kind == "f" and not _are_kept(listed):
            array = _objects(listed)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one axis, got the shape {array.shape}")
    return array


def _are_kept(values: Sequence[Any]) -> bool:
    """Return whether all integers are the same as floats, which end at 2**53."""
    return all(int(float(v)) == v for v in values if isinstance(v, int | np.integer))


def check_fits_int64(array: Array, name: str) -> None:
    """Raise if an unsigned integer is larger than int64 holds."""
    if array.dtype == np.uint64 and array.size and array.max() > 2**63 - 1:
        row = int(array.argmax())
        raise ValueError(
            f"{name} must be at most 2**63 - 1, got {array[row]} in row {row}"
        )


def _objects(values: Sequence[Any]) -> Array:
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):  # a tuple would be taken for an axis
        array[i] = value
    return array


def _as_list(array: Array) -> list[Any]:
    """Return plain Python values; whole floats become integers."""
    if array.dtype.kind == "f" and bool(np.isfinite(array).all()):
        whole = bool((array == np.floor(array)).all())
        if whole and bool((np.abs(array) < 2**53).all()):
            array = array.astype(np.int64)
    if array.dtype.kind in "OM":  # datetime64[ns].tolist() would give integers
        return [plain(value) for value in array]
    listed: list[Any] = array.tolist()
    return listed


def plain(value: Any) -> Any:
    """Return NumPy's numbers and strings as Python's."""
    is_number_or_text = isinstance(value, np.integer | np.floating | np.str_ | np.bool_)
    return value.item() if is_number_or_text else value


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _is_missing(value: Any) -> bool:
    """Return whether it is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return isinstance(value, float) and value != value


def _check_one_type(listed: list[Any], name: str) -> None:
    kinds = list(dict.fromkeys(map(type, listed)))  # 1 and True are equal
    if len(kinds) < 2:
        return
    first, second = kinds[:2]
    rows = [
        next(i for i, v in enumerate(listed) if type(v) is kind)
        for kind in (first, second)
    ]
    raise TypeError(
        f"{name} must be ids of one type, got {first.__name__} ({listed[rows[0]]!r} in "
        f"row {rows[0]}) and {second.__name__} ({listed[rows[1]]!r} in row {rows[1]}): "
        "convert them, for example all to str"
    )
