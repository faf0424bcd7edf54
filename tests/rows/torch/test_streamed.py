"""Rows in blocks that go to a device: the fits are those of rows in blocks."""

import warnings

import numpy as np
import pytest
import scipy.sparse

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD, rows

torch = pytest.importorskip("torch")

from latentia.rows.torch import StreamedRows, TorchRows, on_device  # noqa: E402

M, N = 307, 9


@pytest.fixture
def X(dtype):
    rng = np.random.default_rng(0)
    values = rng.gamma(1.0, size=(M, 3)) @ rng.gamma(1.0, size=(3, N))
    return (values + 0.1).astype(dtype)


def opened(X, **options):
    """In four blocks."""
    row_bytes = X.shape[1] * X.dtype.itemsize
    if scipy.sparse.issparse(X):
        row_bytes = -(-X.nnz * (X.dtype.itemsize + 8) // M)
    blocks = [X[begin : begin + 100] for begin in range(0, M, 100)]
    return rows.open(lambda: iter(blocks), memory=16 * 100 * row_bytes, **options)


ESTIMATORS = {
    "PCA": (PCA, {}, "transform"),
    "SVD": (TruncatedSVD, {"n_iter": 3}, "transform"),
    "NMF": (NMF, {}, "transform"),
    "KL": (NMF, {"solver": "mu", "beta_loss": "kl"}, "transform"),
    "mixture": (GaussianMixture, {}, "predict_proba"),
}


@pytest.fixture(autouse=True)
def unfinished():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("storage", ["dense", "sparse"])
def test_fits(name, storage, X, dtype):
    make, options, use = ESTIMATORS[name]
    if storage == "sparse":
        if make is GaussianMixture:
            pytest.skip("takes dense rows")
        X = scipy.sparse.csr_array(np.where(X > 1, X, 0))
    options = {"n_components": 3, "random_state": 0} | options
    if make is NMF:
        options |= {"max_iter": 5, "tol": 0}
    theirs, ours = (make(**options).fit(opened(X, device=d)) for d in (None, "cpu"))
    rtol = 1e-3 if dtype == np.float32 else 1e-8
    for attribute in ("singular_values_", "reconstruction_errs_", "lower_bounds_"):
        if hasattr(theirs, attribute):
            found, known = getattr(ours, attribute), getattr(theirs, attribute)
            np.testing.assert_allclose(found, known, rtol=rtol)
    known = getattr(theirs, use)(opened(X))
    found = getattr(theirs, use)(opened(X, device="cpu"))
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, known, rtol=0, atol=rtol * np.abs(known).max())


def test_results_go_to_a_file(X, tmp_path):
    source = opened(X, device="cpu", out=tmp_path / "U.npy")
    made = PCA(2, random_state=0).fit_transform(source)
    np.testing.assert_array_equal(np.load(tmp_path / "U.npy"), made)


def test_what_is_not_finite_is_named_with_its_block(X):
    X[205, 7] = np.nan
    with pytest.raises(ValueError, match=r"NaN at row 205, column 7 \(block 2\)"):
        PCA(2).fit(opened(X, device="cpu"))


def test_blocks_are_copied_in_a_stream_of_their_own(X, pretend_cuda, monkeypatch):
    """The next block is begun before the kernel runs on one."""
    from latentia.rows.torch import streamed

    events = []

    class Copies:
        def __init__(self, device):
            assert device.type == "cuda"

        def begin(self, block):
            events.append("copy")
            return torch.tensor(block).to("cuda")

        def end(self, block):
            return block

    monkeypatch.setattr(streamed, "_Copies", Copies)

    def kernel(block, n_threads):
        assert block.device.type == "cuda"
        events.append("kernel")
        return len(block)

    assert opened(X, device="cuda").reduce(kernel) == M
    assert "".join(event[0] for event in events) == "cckckckk"
    found = PCA(2, random_state=0).fit(opened(X, device="cuda")).singular_values_
    known = PCA(2, random_state=0).fit(opened(X)).singular_values_
    np.testing.assert_allclose(found, known, rtol=1e-4)


def test_rows_in_memory_give_arrays(X):
    placed = on_device(rows.as_rows(X), "cpu")
    assert isinstance(placed, TorchRows)
    assert isinstance(PCA(2).fit_transform(placed), np.ndarray)
    stored = scipy.sparse.csr_array(X)
    assert on_device(rows.as_rows(stored), "cpu").sparse
    assert isinstance(opened(X, device="cpu"), StreamedRows)
    assert repr(opened(X, device="cpu")).endswith("4 blocks> on cpu")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"device": "cuda:99"},
            r"device='cuda:99': PyTorch sees \d+ CUDA devices",
        ),
        ({"device": "gpu"}, "device must be a device of PyTorch.*got 'gpu'"),
        ({"device": "meta"}, "device must be 'cpu' or 'cuda', got 'meta'"),
        ({"device": 1.5}, "device must be a device of PyTorch"),
        (
            {"device": "cpu", "precision": "tf16"},
            "precision must be one of highest",
        ),
        ({"precision": "tf32"}, "precision='tf32' needs a device"),
    ],
)
def test_devices_that_are_refused(X, options, message):
    with pytest.raises(ValueError, match=message):
        opened(X, **options)


def test_other_rows_have_no_device():
    with pytest.raises(TypeError, match="device='cpu' needs rows in memory or read by"):
        on_device(rows.as_rows(torch.ones(2, 2)), "cpu")


def test_tf32_is_off_unless_asked_for(X):
    flags, seen = torch.backends.cuda.matmul, []

    def kernel(block, n_threads):
        seen.append(flags.allow_tf32)
        assert not torch.is_grad_enabled()
        return 0

    before = flags.allow_tf32
    try:
        for outside in (True, False):
            flags.allow_tf32 = outside
            opened(X, device="cpu").reduce(kernel)
            opened(X, device="cpu", precision="tf32").reduce(kernel)
            rows.as_rows(torch.tensor(X)).reduce(kernel)
            assert flags.allow_tf32 == outside
    finally:
        flags.allow_tf32 = before
    without, asked, plain = [False] * 4, [True] * 4, [False]
    assert seen == 2 * (without + asked + plain)
