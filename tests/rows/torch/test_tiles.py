"""Tiles of rows, and what happens where a device is out of memory."""

import pytest

torch = pytest.importorskip("torch")

from latentia.rows.torch.tiles import sum_over_tiles  # noqa: E402


def test_the_sum_of_all_tiles_in_float64():
    seen = []

    def body(begin, end):
        seen.append((begin, end))
        return [torch.full((2,), float(end - begin))]

    (total,) = sum_over_tiles(torch.zeros(10, 2), 1, body, at_once=4)
    assert seen == [(0, 4), (4, 8), (8, 10)]
    assert total.tolist() == [10.0, 10.0]
    assert total.dtype == torch.float64


def test_smaller_tiles_where_a_device_is_out_of_memory():
    seen = []

    def body(begin, end):
        if end - begin > 10:
            raise torch.OutOfMemoryError("of 80 GB")
        seen.append((begin, end))
        return [torch.tensor(float(end - begin))]

    (total,) = sum_over_tiles(torch.zeros(100, 2), 1, body, at_once=64)
    assert seen[0] == (0, 8)
    assert total.item() == 100


def test_the_error_where_smaller_tiles_do_not_help():
    def body(begin, end):
        raise torch.OutOfMemoryError("tried to allocate 80 GB")

    message = r"cpu has no memory for tiles of 8 rows.*rows\.open.*80 GB"
    with pytest.raises(MemoryError, match=message):
        sum_over_tiles(torch.zeros(100, 2), 1, body, at_once=64)


def test_temporaries_do_not_grow_with_the_number_of_rows(monkeypatch):
    """No operation of a pass makes more numbers than a tile has."""
    import numpy as np
    from torch.utils._python_dispatch import TorchDispatchMode

    from latentia import rows

    largest = [0]

    class Sizes(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            if isinstance(made, torch.Tensor):
                memory = made.untyped_storage()
                if memory.data_ptr() != A.untyped_storage().data_ptr():
                    largest[0] = max(largest[0], memory.nbytes())
            return made

    A = torch.ones(1_000_000, 8)
    X = np.ones((8, 2), dtype=np.float32)
    source = rows.as_rows(A)
    with Sizes():
        rows.normal_product(source, X)
        rows.gram(source)
        rows.summarise(source)
    assert 0 < largest[0] <= 4 << 20
