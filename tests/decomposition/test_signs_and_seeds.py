"""Nothing but the seed decides: not the number of threads, not the route."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.utils.extmath import svd_flip

from latentia import PCA, TruncatedSVD, n_threads, randomized_svd


@pytest.fixture(params=["C", "F", "CSR"])
def large(request, formats, with_spectrum):
    """Large enough for several threads and several blocks of rows."""
    A = with_spectrum((2003, 307), 1 / np.arange(1, 308)).astype(np.float32)
    if request.param == "CSR":
        A[np.random.default_rng(0).random(A.shape) > 0.1] = 0
    return formats[request.param](A)


def assert_same_bits(*results):
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_iter": "auto"},
        {"n_iter": "auto", "center": True},
        {"n_iter": "auto", "scale": True},
        {"n_iter": 2},
        {"tol": 0},
    ],
)
def test_same_bits_for_any_number_of_threads(large, settings):
    assert_same_bits(
        *(
            randomized_svd(large, 11, random_state=0, n_threads=threads, **settings)
            for threads in (1, 2, 7)
        )
    )


@pytest.mark.parametrize("solver", ["full", "covariance_eigh", "randomized", "arpack"])
def test_same_bits_by_every_route(large, solver):
    fits = [
        PCA(5, svd_solver=solver, random_state=0, n_threads=threads)
        for threads in (1, 2, 7)
    ]
    assert_same_bits(
        *((pca.fit_transform(large), pca.components_, pca.mean_) for pca in fits)
    )
    assert_same_bits(*((pca.transform(large), pca.singular_values_) for pca in fits))


def test_number_of_threads_from_the_environment(large, monkeypatch):
    expected = randomized_svd(large, 3, random_state=0, n_threads=1)
    for number in ("1", "2", "7"):
        monkeypatch.setenv("LATENTIA_NUM_THREADS", number)
        assert n_threads() in {1, int(number)}  # 1 in builds without OpenMP
        assert_same_bits(expected, randomized_svd(large, 3, random_state=0))


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "1.5"])
def test_wrong_number_of_threads_in_the_environment(wrong, monkeypatch):
    monkeypatch.setenv("LATENTIA_NUM_THREADS", wrong)
    with pytest.raises(ValueError, match=f"LATENTIA_NUM_THREADS .* got '{wrong}'"):
        TruncatedSVD(1).fit(np.eye(3))


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "two"])
def test_wrong_number_of_threads(wrong):
    with pytest.raises(ValueError, match="n_threads must be a positive integer"):
        randomized_svd(np.eye(3), 1, n_threads=wrong)


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((907, 411))


def power(A, random_state):
    return randomized_svd(A, 5, n_iter=1, random_state=random_state)


def test_same_seed_same_bits(noise):
    assert_same_bits(power(noise, 3), power(noise, 3))
    assert_same_bits(power(noise, 3), power(noise, np.random.RandomState(3)))
    generators = [np.random.default_rng(3) for _ in range(2)]
    assert_same_bits(*(power(noise, generator) for generator in generators))


def test_other_seeds_other_starts(noise):
    first = [power(noise, seed)[1][0] for seed in (0, 1, 2**31 - 1, None)]
    first += [power(noise, np.random.default_rng(seed))[1][0] for seed in (0, 1)]
    assert len(set(first)) == len(first)


def test_generators_go_on(noise):
    for state in (np.random.RandomState(0), np.random.default_rng(0)):
        assert power(noise, state)[1][0] != power(noise, state)[1][0]


def test_no_seed_follows_the_global_state(noise):
    """As do scikit-learn's estimators."""
    np.random.seed(0)  # noqa: NPY002
    expected = power(noise, None)
    np.random.seed(0)  # noqa: NPY002
    assert_same_bits(expected, power(noise, None))


@pytest.mark.parametrize("wrong", ["zero", -1, 1.5])
def test_wrong_seed(wrong):
    with pytest.raises(ValueError, match=r"(?i)seed"):
        randomized_svd(np.eye(3), 1, random_state=wrong)


@pytest.mark.parametrize("method", ["krylov", "power", "gram", "lapack"])
@pytest.mark.parametrize("shape", [(97, 31), (31, 97)])
def test_signs_are_those_of_svd_flip(method, shape, by_route, formats):
    A = np.random.default_rng(0).standard_normal(shape)
    for make in formats.values():
        found = by_route(make(A), 7, method, tol=0, n_iter=200)
        U, _, Vt = np.linalg.svd(A, full_matrices=False)
        U, Vt = svd_flip(U, Vt, u_based_decision=False)
        np.testing.assert_allclose(found.U, U[:, :7], atol=1e-9)
        np.testing.assert_allclose(found.V, Vt[:7].T, atol=1e-9)


def test_equal_singular_values_draw_from_the_seed(with_spectrum, by_route):
    """ARPACK meets an invariant space there, and draws a vector of its own."""
    steps = np.repeat([9.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.1], 60)
    A = with_spectrum((701, 403), steps, seed=1)
    found = [by_route(A, 10, "krylov", center=True, tol=0.0) for _ in range(2)]
    assert {svd.method for svd in found} == {"arpack"}
    assert_same_bits(*((svd.U, svd.s, svd.V) for svd in found))


def test_signs_of_exact_ties():
    """Where two entries are as large, the first decides, as in svd_flip."""
    X = np.array([[1.0, -1.0], [-1.0, 1.0], [2.0, -2.0]])
    for A in (X, -X, X[:, ::-1].copy(), scipy.sparse.csr_array(X)):
        _, _, Vt = randomized_svd(A, 1, flip_sign=False, random_state=0)
        np.testing.assert_allclose(Vt, [[0.5**0.5, -(0.5**0.5)]])


@pytest.mark.parametrize("transpose", [True, False, "auto"])
@pytest.mark.parametrize("shape", [(97, 31), (31, 97)])
def test_signs_of_the_function_are_those_of_the_left_vectors(transpose, shape, formats):
    A = np.random.default_rng(0).standard_normal(shape)
    expected = svd_flip(*np.linalg.svd(A, full_matrices=False)[::2])
    for make in formats.values():
        U, s, Vt = randomized_svd(
            make(A), 7, tol=0, transpose=transpose, random_state=0
        )
        np.testing.assert_allclose(U, expected[0][:, :7], atol=1e-9)
        np.testing.assert_allclose(Vt, expected[1][:7], atol=1e-9)
        np.testing.assert_allclose(s, np.linalg.svd(A, compute_uv=False)[:7])


@pytest.mark.parametrize(
    ("argument", "value", "error"),
    [
        ("transpose", "yes", ValueError),
        ("transpose", 1, ValueError),
        ("flip_sign", 1, TypeError),
        ("power_iteration_normalizer", "lu", ValueError),
        ("svd_lapack_driver", "gesv", ValueError),
    ],
)
def test_bad_arguments_of_the_function(argument, value, error):
    with pytest.raises(error, match=f"{argument} must be .* got {value!r}"):
        randomized_svd(np.eye(4), 2, **{argument: value})


def test_a_transpose_is_the_matrix_it_was(formats):
    """Of any kind of flag; an error names the entry of A, not that of its transpose."""
    A = np.random.default_rng(0).standard_normal((9, 40))
    expected = np.linalg.svd(A, compute_uv=False)[:3]
    for make in formats.values():
        U, s, Vt = randomized_svd(make(A), 3, transpose=np.True_, random_state=0)
        np.testing.assert_allclose((U * s) @ Vt @ Vt.T, make(A) @ Vt.T, atol=1e-9)
        np.testing.assert_allclose(s, expected)
    A[2, 17] = np.nan
    with pytest.raises(ValueError, match=r"row 2.*column 17|\[2, 17\]"):
        randomized_svd(A, 3, transpose=True)


def test_a_transpose_of_centred_columns():
    with pytest.raises(ValueError, match="transpose=True must be used"):
        randomized_svd(np.eye(4), 2, transpose=True, center=True)


def test_signs_of_two_standardised_features():
    """They always tie, to rounding: every route has to break the tie alike."""
    for seed in range(10):
        X = np.random.default_rng(seed).standard_normal((50, 2))
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        components = [
            PCA(2, svd_solver=solver, random_state=0).fit(data).components_
            for solver in ("full", "covariance_eigh", "randomized")
            for data in (X, scipy.sparse.csr_array(X))
        ]
        for other in components[1:]:
            np.testing.assert_allclose(other, components[0], atol=1e-10)
