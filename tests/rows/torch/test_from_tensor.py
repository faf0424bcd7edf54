"""Which tensors are taken, which are converted, and which are refused."""

import numpy as np
import pytest
import scipy.sparse

from latentia import PCA, rows
from latentia.rows import as_rows
from latentia.rows.backend import is_tensor, on_host, to_numpy

torch = pytest.importorskip("torch")

from latentia.rows.torch.transfer import upload  # noqa: E402


def values(tensor):
    return as_rows(tensor).block


def test_what_is_read_without_a_copy(dtype):
    base = torch.zeros(6, 8, dtype=torch.tensor(np.zeros(1, dtype)).dtype)
    for tensor in (base, base.T, base[:, 2:5], base[1:4].T, base[:1], base[:, :1]):
        assert values(tensor).data_ptr() == tensor.data_ptr()


def test_other_strides_are_copied_once():
    base = torch.arange(60.0).reshape(6, 10)
    for tensor in (base[::2, ::3], base[:, :1].expand(6, 4), base[0].expand(4, 10)):
        found = values(tensor)
        assert found.is_contiguous()
        assert torch.equal(found, tensor)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "int8", "int64", "bool"])
def test_other_types(kind):
    tensor = torch.tensor([[0, 1], [1, 0], [1, 1]]).to(getattr(torch, kind))
    expected = torch.float32 if "float" in kind else torch.float64
    assert values(tensor).dtype == expected
    assert torch.equal(values(tensor), tensor.to(expected))


def test_no_graph_is_kept_of_tensors_that_need_a_gradient():
    tensor = torch.ones(4, 2, requires_grad=True)
    found = as_rows(tensor)
    assert not found.block.requires_grad
    assert found.block.data_ptr() == tensor.data_ptr()
    X = np.ones((2, 1), dtype=np.float32)
    assert not rows.product(found, X).result().requires_grad


@pytest.mark.parametrize("layout", ["csr", "csc", "coo"])
def test_sparse_layouts(layout, dtype):
    A = np.where(np.arange(12).reshape(4, 3) % 3, np.arange(12).reshape(4, 3), 0)
    dense = torch.tensor(A.astype(dtype))
    tensor = dense.to_sparse(layout=getattr(torch, f"sparse_{layout}"))
    found = as_rows(tensor)
    assert found.sparse
    assert found.dtype == dtype
    assert found.n_stored == np.count_nonzero(A)
    taken = found.take(np.array([0, 2, 3])).to_scipy().toarray()
    np.testing.assert_array_equal(taken, A[[0, 2, 3]])
    turned = found.transpose().take(np.arange(3)).to_scipy()
    np.testing.assert_array_equal(turned.toarray(), A.T)
    assert turned.has_canonical_format


def test_csr_with_columns_in_disorder_or_repeated():
    parts = [0, 3, 4], [2, 0, 0, 1], [1.0, 2.0, 3.0, 4.0]
    tensor = torch.sparse_csr_tensor(
        *map(torch.tensor, parts), size=(2, 3), check_invariants=False
    )
    found = as_rows(tensor).take(np.arange(2)).to_scipy().toarray()
    np.testing.assert_array_equal(found, [[5, 0, 1], [0, 4, 0]])


MALFORMED = {
    "column": ([0, 1, 2], [0, 3]),
    "negative column": ([0, 1, 2], [0, -1]),
    "pointer": ([0, 5, 2], [0, 1]),
    "end": ([0, 1, 9], [0, 1]),
    "start": ([1, 1, 2], [0, 1]),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_csr(what):
    indptr, indices = MALFORMED[what]
    tensor = torch.sparse_csr_tensor(
        torch.tensor(indptr),
        torch.tensor(indices),
        torch.ones(2),
        size=(2, 3),
        check_invariants=False,
    )
    with pytest.raises(ValueError, match="X is not a valid CSR matrix"):
        as_rows(tensor)


REFUSED = {
    "complex": (lambda: torch.ones(2, 2, dtype=torch.complex64), "real numbers"),
    "one axis": (lambda: torch.ones(4), "two-dimensional, got 1"),
    "three axes": (lambda: torch.ones(4, 2, 2), "two-dimensional, got 3"),
    "no rows": (lambda: torch.ones(0, 2), r"0 sample\(s\)"),
    "no columns": (lambda: torch.ones(2, 0), r"0 feature\(s\)"),
    "no values": (lambda: torch.ones(2, 2, device="meta"), "with values"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_matrix(what):
    make, message = REFUSED[what]
    with pytest.raises((TypeError, ValueError), match=message):
        as_rows(make())


class Foreign:
    """An array of another library, of which only DLPack and the shape are known."""

    def __init__(self, tensor):
        self.tensor = tensor

    @property
    def shape(self):
        return tuple(self.tensor.shape)

    @property
    def ndim(self):
        return self.tensor.ndim

    def __dlpack__(self, **arguments):
        return self.tensor.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self.tensor.__dlpack_device__()

    def __array_namespace__(self):
        return ForeignLibrary


class ForeignLibrary:
    @staticmethod
    def from_dlpack(tensor):
        return Foreign(torch.from_dlpack(tensor))


def test_arrays_that_speak_dlpack_are_read_and_returned_without_a_copy(dtype):
    theirs = Foreign(torch.tensor(np.arange(12.0).reshape(4, 3).astype(dtype)))
    found = as_rows(theirs)
    assert found.block.data_ptr() == theirs.tensor.data_ptr()
    X = np.eye(3, 2, dtype=dtype)
    made = rows.product(found, X).result()
    assert isinstance(made, Foreign)
    assert torch.equal(made.tensor, theirs.tensor[:, :2])


def test_an_array_that_dlpack_cannot_give():
    class Broken(Foreign):
        def __dlpack__(self, **arguments):
            raise BufferError("on another planet")

    with pytest.raises(TypeError, match=r"X must be .* DLPack, got a Broken.*planet"):
        as_rows(Broken(torch.ones(2, 2)))


class Backwards(Foreign):
    """An array of a library with negative strides, on which PyTorch would abort."""

    strides = (-16, 8)

    def __dlpack__(self, **arguments):
        raise AssertionError("PyTorch must not read it")

    def copy(self):
        return Foreign(self.tensor.flip(0))


def test_dlpack_with_negative_strides_is_copied_before_pytorch_reads_it():
    tensor = torch.arange(6.0).reshape(3, 2)
    found = as_rows(Backwards(tensor))
    assert torch.equal(found.block, tensor.flip(0))
    X = np.eye(2, dtype=np.float32)
    assert isinstance(rows.product(found, X).result(), Foreign)


def test_dlpack_with_negative_strides_that_cannot_be_copied():
    class Fixed(Backwards):
        copy = None

    with pytest.raises(TypeError, match=r"X must be .* DLPack.*negative strides"):
        as_rows(Fixed(torch.ones(3, 2)))


def test_hybrid_tensors_are_named():
    places, entries = torch.tensor([[0, 1]]), torch.ones(2, 3)
    hybrid = torch.sparse_coo_tensor(places, entries, (4, 3), check_invariants=False)
    with pytest.raises(TypeError, match="got a hybrid tensor"):
        as_rows(hybrid)


def test_an_array_of_one_row_that_runs_backwards_is_copied_to_a_tensor():
    one = np.arange(3.0)[np.newaxis][:, ::-1]  # of one column: contiguous to NumPy
    like = torch.empty(0, dtype=torch.float64)
    for array in (one, one[:, :1]):
        np.testing.assert_array_equal(upload(array, like).numpy(), array)


@pytest.mark.parametrize("kind", ["bfloat16", "sparse", "negative bit"])
def test_tensors_that_numpy_does_not_read_as_they_are(kind):
    values = torch.tensor([0.5, 0.0, -2.0])
    given = {
        "bfloat16": values.bfloat16(),
        "sparse": values.to_sparse(),
        "negative bit": torch.complex(values, -values).conj().imag,
    }
    np.testing.assert_array_equal(to_numpy(given[kind]), values.numpy())


def test_rows_of_states_are_drawn_as_for_an_array():
    def draw(random, n_rows):
        return random.standard_normal((n_rows, 3))

    tensor = torch.ones(50, 4)
    seeds = [np.random.default_rng(0) for _ in range(2)]
    ours = as_rows(tensor).random_state_rows(draw, seeds[0], 3)
    theirs = as_rows(tensor.numpy()).random_state_rows(draw, seeds[1], 3)
    np.testing.assert_array_equal(ours.to_numpy(), theirs.to_numpy())


def test_a_function_of_blocks_of_numpy_is_taken_by_way_of_the_host(as_csr_tensor):
    stored = scipy.sparse.random(9, 4, 0.5, random_state=0, format="csr")

    @on_host
    def twice(block):
        assert isinstance(block.data, np.ndarray)
        return block._replace(data=2 * block.data)

    made = as_rows(as_csr_tensor(stored)).map(twice, sparse=True)
    assert is_tensor(made.block)
    found = made.take(np.arange(9)).to_scipy()
    np.testing.assert_array_equal(found.toarray(), 2 * stored.toarray())


def test_repeated_entries_of_csr_are_added_before_squares():
    random = np.random.default_rng(0)
    row = np.sort(random.integers(0, 60, 900))
    column, value = random.integers(0, 5, 900), random.random(900)
    indptr = np.append(0, np.cumsum(np.bincount(row, minlength=60)))
    parts = map(torch.tensor, (indptr, column, value))
    T = torch.sparse_csr_tensor(*parts, (60, 5), check_invariants=False)
    dense = np.zeros((60, 5))
    np.add.at(dense, (row, column), value)
    found, expected = (PCA(2, random_state=0).fit(X) for X in (T, dense))
    np.testing.assert_allclose(
        np.asarray(found.explained_variance_ratio_), expected.explained_variance_ratio_
    )


def test_sums_of_small_integers_do_not_wrap():
    index = torch.zeros((2, 2), dtype=torch.int64)
    value = torch.tensor([200, 100], dtype=torch.uint8)
    T = torch.sparse_coo_tensor(index, value, (2, 2), check_invariants=False)
    assert float(rows.summarise(as_rows(T)).mean[0]) == 150
