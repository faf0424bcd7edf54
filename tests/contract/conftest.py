"""The estimators, small and quick, and what the tests of all of them need."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD


@dataclass(frozen=True)
class Subject:
    """An estimator's class, parameters that make it quick, and what it can do."""

    kind: type[BaseEstimator]
    parameters: dict = field(default_factory=dict)
    fits: tuple[str, ...] = ("fit", "fit_transform", "partial_fit")
    uses: tuple[str, ...] = ("transform",)
    sparse: bool = True

    def make(self, **parameters):
        """Return a new estimator, the same each time."""
        given = {"n_components": 2, "random_state": 0, **self.parameters}
        return self.kind(**given | parameters)

    def fitted(self, X, method="fit", **parameters):
        """Return one that ``method`` may follow without a warning."""
        estimator = self.make(**parameters)
        batches = method == "partial_fit"
        return estimator.partial_fit(X) if batches else estimator.fit(X)

    def learners(self, X):
        """Yield what takes rows to learn from, of a new estimator and a fitted one."""
        for name in self.fits:
            yield getattr(self.make(), name)
            yield getattr(self.fitted(X, name), name)

    def users(self, X):
        """Yield what takes rows once there has been a fit."""
        fitted = self.make().fit(X)
        for name in self.uses:
            yield getattr(fitted, name)


STILL = {"tol": 0, "max_iter": 9, "missing": None}
MIXTURE = {
    "fits": ("fit", "fit_predict", "partial_fit"),
    "uses": ("predict", "predict_proba", "score_samples", "score"),
    "sparse": False,
}
SUBJECTS = {
    "PCA": Subject(PCA, uses=("transform", "score_samples", "score")),
    "TruncatedSVD": Subject(TruncatedSVD),
    "NMF": Subject(NMF, STILL),
    "NMF of KL": Subject(NMF, {**STILL, "solver": "mu", "beta_loss": 1.0}),
    "GaussianMixture": Subject(GaussianMixture, **MIXTURE),
    "diagonal mixture": Subject(
        GaussianMixture, {"covariance_type": "diag"}, **MIXTURE
    ),
}


# Other kernels, for the tests that name them with ``pytest.mark.subjects``.
MORE = {
    "NMF by mu": Subject(NMF, {**STILL, "solver": "mu"}),
    "NMF with holes": Subject(NMF, {**STILL, "missing": "nan"}),
    "NMF by mu with holes": Subject(NMF, {**STILL, "solver": "mu", "missing": "nan"}),
    "tied mixture": Subject(GaussianMixture, {"covariance_type": "tied"}, **MIXTURE),
    "spherical mixture": Subject(
        GaussianMixture, {"covariance_type": "spherical"}, **MIXTURE
    ),
}


def pytest_configure(config):
    text = "subjects(*names): run the contract's test for these subjects too"
    config.addinivalue_line("markers", text)


def pytest_generate_tests(metafunc):
    """Run a test for each of the estimators in turn, and for those that it names."""
    if "subject" not in metafunc.fixturenames:
        return
    names = [*SUBJECTS]
    for marker in metafunc.definition.iter_markers("subjects"):
        names += marker.args
    found = [(SUBJECTS | MORE)[name] for name in names]
    metafunc.parametrize("subject", found, ids=names)


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture
def X():
    """Positive rows (61, 5) of two kinds."""
    values = np.random.default_rng(0).uniform(0.1, 2, (61, 5))
    values[::2, :2] += 4
    return values


@pytest.fixture
def frame(X):
    """frame(names): the same with names of columns, as many as there are letters."""
    return lambda names: pd.DataFrame(X[:, : len(names)], columns=list(names))


def _results(estimator):
    """What a fit leaves, by name."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }


@pytest.fixture
def results():
    return _results


@dataclass(frozen=True)
class Compare:
    """Whether estimators have learnt the same, and say the same of rows."""

    subject: Subject

    def same(self, found, expected, X, *, rtol=0.0, where=""):
        """All results agree to ``rtol`` of the largest; at 0 in every bit and type."""
        ours, theirs = _results(found), _results(expected)
        assert ours.keys() == theirs.keys(), where
        for name, value in theirs.items():
            if not rtol:
                assert type(ours[name]) is type(value), f"{name} {where}"
            self.near(ours[name], value, rtol, f"{name} {where}")
        for use in self.subject.uses:
            answers = getattr(found, use)(X), getattr(expected, use)(X)
            self.near(*answers, rtol, f"{use} {where}")

    @staticmethod
    def near(found, expected, rtol, message):
        if not rtol:
            np.testing.assert_array_equal(found, expected, err_msg=message)
            assert np.asarray(found).dtype == np.asarray(expected).dtype, message
        elif np.asarray(expected).dtype.kind == "f":
            atol = rtol * max(1, np.abs(expected).max(initial=0))
            np.testing.assert_allclose(
                found, expected, rtol=0, atol=atol, err_msg=message
            )


@pytest.fixture
def assert_same(subject):
    """assert_same(found, expected, X, rtol=..., where=...)."""
    return Compare(subject).same
