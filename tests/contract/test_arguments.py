"""Parameters out of range: the error names them, their value and what is allowed."""

import re

import numpy as np
import pytest

NO_INTEGER = [True, 2.0, "two", np.nan, [3]]
NO_NUMBER = ["small", None, True, np.nan, -1e-9, [1.0]]
SEED, THREADS = ["seed", -1, 1.5], [0, -1, 1.5, "all"]
OF_SVD = {
    "tol": NO_NUMBER,
    "n_oversamples": [-1, 2.5, True, None],
    "random_state": SEED,
    "n_threads": THREADS,
}
WRONG = {
    "PCA": {
        "n_components": [-1, 8, True, 2.0, 1.0, 0.0, -0.5, np.nan, "half", [3]],
        "svd_solver": ["fast", "", None, 3],
        "iterated_power": [-1, 1.5, "many", None, True],
        **OF_SVD,
    },
    "TruncatedSVD": {
        "n_components": [0, -3, 8, None, *NO_INTEGER],
        "algorithm": ["lanczos", "", None, 3],
        "n_iter": [-1, 1.5, "many", None, True],
        **OF_SVD,
    },
    "NMF": {
        "n_components": [0, -3, "AUTO", np.True_, *NO_INTEGER],
        "init": ["NNDSVD", "", 3, True, ["random"]],
        "solver": ["CD", "", None, 3, True, ["mu"]],
        "beta_loss": ["euclidean", "2", None, True, np.nan, np.inf, [1.0], 1j],
        "tol": NO_NUMBER,
        "max_iter": [0, -1, None, *NO_INTEGER],
        "alpha_W": [*NO_NUMBER, np.inf, "same"],
        "alpha_H": [*NO_NUMBER, np.inf, "Same"],
        "l1_ratio": [*NO_NUMBER, 1.5, np.inf],
        "random_state": SEED,
        "shuffle": ["yes", None, 2],
        "verbose": [-1, "loud", None, 1.5],
        "missing": ["NaN", np.nan, 0, True, ["nan"]],
        "n_threads": [*THREADS, True],
    },
    "GaussianMixture": {
        "n_components": [0, -3, None, *NO_INTEGER],
        "covariance_type": ["round", "FULL", "", None, 3, ["full"]],
        "tol": NO_NUMBER,
        "reg_covar": [*NO_NUMBER, np.inf],
        "max_iter": [-1, None, *NO_INTEGER],
        "n_init": [0, -1, None, *NO_INTEGER],
        "init_params": ["k-means", "", None, 3],
        "random_state": SEED,
        "warm_start": ["yes", None, 2],
        "verbose": [-1, "loud", None],
        "verbose_interval": [0, -1, None, *NO_INTEGER],
        "n_threads": THREADS,
    },
}
NUMPYS = {
    "PCA": {"whiten": np.bool_(True), "tol": np.float32(1e-3)},
    "TruncatedSVD": {"tol": np.float32(1e-3), "n_iter": np.uint16(3)},
    "NMF": {
        "tol": np.float32(0),
        "max_iter": np.uint16(50),
        "alpha_W": np.float16(0.5),
        "alpha_H": np.int64(0),
        "l1_ratio": np.float64(0.5),
        "shuffle": np.bool_(False),
        "verbose": np.int32(0),
    },
    "GaussianMixture": {
        "tol": np.float32(1e-3),
        "reg_covar": np.float16(1e-3),
        "max_iter": np.uint16(50),
        "n_init": np.int64(1),
        "warm_start": np.bool_(False),
        "verbose": np.int32(0),
        "verbose_interval": np.int64(3),
    },
}


CHOICES = {
    "svd_solver": "auto, full, covariance_eigh, arpack, randomized",
    "algorithm": "randomized, arpack",
    "init": "random, nndsvd, nndsvda, nndsvdar, custom",
    "solver": "cd, hals, mu",
    "missing": "nan, unobserved",
    "covariance_type": "full, tied, diag, spherical",
    "init_params": "kmeans, k-means++, random_from_data, random",
}


def told(name, value):
    """Return what the error says: the argument, what it must be, and what it is."""
    if name == "random_state":  # NumPy's text
        return "[sS]eed"
    got = re.escape(repr(value))
    if name in CHOICES:
        return f"^{name} must be one of {re.escape(CHOICES[name])}, got {got}"
    return f"^{name} .*must (be|lie) .*got {got}|^{name}={got} must be .*"


def test_wrong_parameters(subject, X, unchanged):
    solver = (
        {"solver": "mu", "init": "random"} if subject.kind.__name__ == "NMF" else {}
    )
    for name, values in WRONG[subject.kind.__name__].items():
        for value in values:
            estimator = subject.make(**solver | {name: value})
            check = unchanged(estimator)
            try:
                estimator.fit(X)
            except (TypeError, ValueError) as error:
                message = str(error)
            else:
                pytest.fail(f"{name}={value!r} was taken")
            check(f"{name}={value!r}")
            assert re.search(told(name, value), message), message


def test_wrong_parameters_since_the_fit(subject, X):
    """What learns looks at them too."""
    for name, value in (("n_threads", 0), ("tol", -1)):
        fitted = subject.fitted(X, "partial_fit").set_params(**{name: value})
        with pytest.raises(ValueError, match=name):
            fitted.fit(X)


def test_numpy_numbers_are_numbers(subject, X, assert_same):
    parameters = {"random_state": np.int64(0), "n_threads": np.int32(1)}
    parameters |= {"n_components": np.int8(2), **NUMPYS[subject.kind.__name__]}
    plain = {name: value.item() for name, value in parameters.items()}
    assert_same(subject.make(**parameters).fit(X), subject.make(**plain).fit(X), X)


def test_positional_arguments_are_those_of_scikit_learn(subject):
    with pytest.raises(TypeError, match="positional"):
        subject.kind(2, "full")
