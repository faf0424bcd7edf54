"""Parameters that somebody sets: every method goes by them, or says what is wrong."""

import copy
import pickle

import numpy as np
import pytest
import sklearn.mixture
from sklearn.exceptions import NotFittedError

from latentia import GaussianMixture

FORMS = ["covariances_", "precisions_", "precisions_cholesky_"]
NAMES = ["weights_", "means_", *FORMS]


def covariances_of(type_, k=3, d=3, seed=0):
    rng = np.random.default_rng(seed)
    matrices = rng.standard_normal((k, d, 2 * d))
    matrices = matrices @ matrices.transpose(0, 2, 1) / d
    return {
        "full": matrices,
        "tied": matrices[0],
        "diag": rng.uniform(0.5, 2, (k, d)),
        "spherical": rng.uniform(0.5, 2, k),
    }[type_]


def forms_of(covariances, type_):
    """All three, by NumPy alone, from the covariances."""
    if type_ in ("diag", "spherical"):
        return dict(
            zip(FORMS, (covariances, 1 / covariances, covariances**-0.5), strict=True)
        )
    precisions = np.linalg.inv(covariances)
    flip = np.linalg.cholesky(precisions[..., ::-1, ::-1])[..., ::-1, ::-1]
    return dict(zip(FORMS, (covariances, precisions, flip), strict=True))


def by_hand(type_, *forms, estimator=GaussianMixture, seed=0, **parameters):
    mixture = estimator(3, covariance_type=type_, random_state=0, **parameters)
    mixture.weights_ = np.array([0.2, 0.3, 0.5])
    mixture.means_ = 4.0 * np.random.default_rng(1).standard_normal((3, 3))
    for name, value in forms_of(covariances_of(type_, seed=seed), type_).items():
        if name in forms:
            setattr(mixture, name, value)
    return mixture


def theirs(ours):
    """scikit-learn's mixture with the parameters that ours reports."""
    mixture = sklearn.mixture.GaussianMixture(
        ours.n_components, covariance_type=ours.covariance_type, random_state=0
    )
    for name in NAMES:
        setattr(mixture, name, getattr(ours, name))
    return mixture


def assert_like_theirs(ours, X):
    """All methods, once the attributes have been brought up to date by the first."""
    found = {name: getattr(ours, name)(X) for name in ("score_samples", "predict")}
    found |= {name: getattr(ours, name)(X) for name in ("predict_proba", "bic", "aic")}
    expected = theirs(ours)
    for name, value in found.items():
        np.testing.assert_allclose(
            value, getattr(expected, name)(X), rtol=1e-9, atol=1e-12, err_msg=name
        )
    assert ours.score(X) == pytest.approx(expected.score(X))
    for name, value in forms_of(ours.covariances_, ours.covariance_type).items():
        scale = np.abs(value).max()
        np.testing.assert_allclose(getattr(ours, name), value, atol=1e-9 * scale)
    drawn, label = ours.sample(20_000)
    for k in np.unique(label):
        own = drawn[label == k]
        variance = ours.marginal([0]).covariances_.reshape(-1)
        variance = variance[k if len(variance) > 1 else 0]
        error = 6 * np.sqrt(variance / len(own))
        assert abs(own[:, 0].mean() - ours.means_[k, 0]) < error
        assert own[:, 0].var() == pytest.approx(variance, rel=0.2)


@pytest.mark.parametrize("form", FORMS)
def test_one_form_is_enough(X, type_, form):
    mixture = by_hand(type_, form)
    exact = by_hand(type_, *FORMS, estimator=sklearn.mixture.GaussianMixture)
    assert mixture.score(X) == pytest.approx(exact.score(X), rel=1e-12)
    assert_like_theirs(mixture, X)


def test_all_forms(X, type_):
    assert_like_theirs(by_hand(type_, *FORMS), X)


def test_the_first_method_may_be_any(X, type_, tmp_path):
    expected = by_hand(type_, *FORMS).score_samples(X)
    for use in (
        lambda m: m.sample(3),
        lambda m: m.save(tmp_path / "m.safetensors"),
        lambda m: m.marginal([0]),
        lambda m: m.bic(X),
        lambda m: m.predict(X),
    ):
        mixture = by_hand(type_, "covariances_")
        use(mixture)
        np.testing.assert_allclose(mixture.score_samples(X), expected, rtol=1e-9)
    loaded = GaussianMixture.load(tmp_path / "m.safetensors")
    np.testing.assert_allclose(loaded.score_samples(X), expected, rtol=1e-9)


@pytest.mark.parametrize("type_", ["full", "tied"])
def test_numpys_cholesky_factor_is_lower(X, type_):
    """As recipes have it: precisions = L·Lᵀ."""
    mixture = by_hand(type_, *FORMS)
    expected = mixture.score_samples(X)
    mixture = by_hand(type_)
    precisions = np.linalg.inv(covariances_of(type_))
    mixture.precisions_cholesky_ = np.linalg.cholesky(precisions)
    np.testing.assert_allclose(mixture.score_samples(X), expected, rtol=1e-9)
    assert_like_theirs(mixture, X)
    assert not np.tril(mixture.precisions_cholesky_, -1).any()


def test_lists(X, type_):
    mixture = by_hand(type_, "covariances_")
    expected = mixture.score(X)
    mixture = by_hand(type_, "covariances_")
    for name in NAMES[:3]:
        setattr(mixture, name, np.asarray(getattr(mixture, name)).tolist())
    assert mixture.score(X) == expected
    assert_like_theirs(mixture, X)


CHANGES = {
    "covariances in place": lambda g: g.covariances_.__imul__(100),
    "covariances": lambda g: setattr(g, "covariances_", 100 * g.covariances_),
    "one number": lambda g: g.covariances_.__setitem__((0,) * g.covariances_.ndim, 9e2),
    "precisions in place": lambda g: g.precisions_.__imul__(0.01),
    "factor in place": lambda g: g.precisions_cholesky_.__imul__(0.1),
    "means": lambda g: setattr(g, "means_", g.means_ + 1),
    "means in place": lambda g: g.means_.__iadd__(1),
    "weights": lambda g: setattr(g, "weights_", g.weights_[::-1]),
    "weights in place": lambda g: g.weights_.sort(),
}


SLOW = ("covariances", "one number", "means", "weights in place")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name, change in CHANGES.items()
    ],
)
def test_a_change_after_a_fit_wins(X, type_, change):
    fitted = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    before = fitted.score_samples(X)
    for mixture in (fitted, pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        change(mixture)
        assert np.abs(mixture.score_samples(X) - before).max() > 1e-3
        assert_like_theirs(mixture, X)
        assert_like_theirs(pickle.loads(pickle.dumps(mixture)), X)


def test_one_change_after_the_other(X, type_):
    """Each wins over what was brought up to date by the one before."""
    mixture = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    mixture.covariances_ *= 100
    mixture.predict(X)
    mixture.precisions_cholesky_ *= 5
    mixture.predict(X)
    mixture.precisions_ *= 4
    expected = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    expected.covariances_ *= 1
    np.testing.assert_allclose(mixture.score_samples(X), expected.score_samples(X))


def test_a_change_is_pickled_before_it_is_used(X, type_):
    mixture = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    mixture.covariances_ *= 100
    expected = copy.deepcopy(mixture).score(X)
    assert pickle.loads(pickle.dumps(mixture)).score(X) == expected


def test_what_nobody_changed_keeps_its_bits(X, type_):
    mixture = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    attributes = {name: getattr(mixture, name) for name in NAMES}
    found = mixture.score_samples(X), mixture.sample(9)[0]
    again = pickle.loads(pickle.dumps(mixture))
    assert len(pickle.dumps(again)) == len(pickle.dumps(mixture))
    np.testing.assert_array_equal(again.score_samples(X), found[0])
    np.testing.assert_array_equal(again.sample(9)[0], found[1])
    for name, value in attributes.items():
        assert getattr(mixture, name) is value


def test_fits_go_on_from_what_was_set(X, type_, unconverged):
    """Batches, and a warm start, as from the same starts given to the constructor."""
    for changed in (by_hand(type_, "covariances_"), by_hand(type_, "precisions_")):
        start = {
            "weights_init": changed.weights_,
            "means_init": changed.means_,
            "precisions_init": by_hand(type_, "precisions_").precisions_,
        }
        expected = GaussianMixture(3, covariance_type=type_, max_iter=4, tol=0, **start)
        unconverged(expected.fit, X)
        changed.set_params(warm_start=True, max_iter=4, tol=0)
        unconverged(changed.fit, X)
        np.testing.assert_allclose(changed.lower_bounds_, expected.lower_bounds_)
    begun = GaussianMixture(3, covariance_type=type_, max_iter=0, **start).fit(X)
    changed = by_hand(type_, "covariances_").partial_fit(X)
    np.testing.assert_allclose(changed.means_, begun.partial_fit(X).means_)
    assert changed.n_batches_seen_ == 2


def test_a_changed_likelihood_does_not_count_as_converged(X):
    mixture = GaussianMixture(3, random_state=0, warm_start=True).fit(X)
    mixture.means_ += 1e-9
    assert mixture.fit(X).n_iter_ > 1


@pytest.mark.parametrize("missing", ["weights_", "means_", "covariances_"])
def test_what_is_missing_is_named(X, type_, missing):
    mixture = by_hand(type_, "covariances_")
    delattr(mixture, missing)
    with pytest.raises(ValueError, match=f"has no {missing}, but .*from_parameters"):
        mixture.score(X)
    fitted = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    for name in [missing] if missing != "covariances_" else FORMS:
        delattr(fitted, name)
    with pytest.raises(ValueError, match=f"has no {missing}"):
        fitted.sample()


def test_nothing_set(X):
    for use in ("predict", "score", "sample", "condition", "marginal", "save"):
        arguments = {"condition": (0, 1.0), "sample": (1,), "save": ("m.safetensors",)}
        with pytest.raises(NotFittedError):
            getattr(GaussianMixture(2), use)(*arguments.get(use, (X,)))


@pytest.mark.parametrize(("first", "other"), [FORMS[:2], FORMS[1:], FORMS[::2]])
def test_contradictions(X, type_, first, other):
    mixture = GaussianMixture(3, covariance_type=type_, random_state=0).fit(X)
    for name, factor in ((first, 2.0), (other, 3.0)):
        setattr(mixture, name, factor * getattr(mixture, name))
    with pytest.raises(ValueError, match=r"s?_ and .*_ contradict each other"):
        mixture.predict(X)
    delattr(mixture, other)
    assert_like_theirs(mixture, X)


def wrong(name, value, message):
    return pytest.param(name, value, message, id=f"{name} {message}")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        wrong("weights_", [0.5, 0.5], r"shape \(3,\), got \(2,\)"),
        wrong("weights_", [1.0, 1, 1], "sum to 1, got the sum 3"),
        wrong("weights_", [-0.5, 1, 0.5], "non-negative and sum to 1, got -0.5"),
        wrong("weights_", [np.nan, 1, 0], "must be finite, got nan"),
        wrong("means_", np.zeros((3, 0)), "shape"),
        wrong("means_", np.zeros(3), r"shape \(any, any\), got \(3,\)"),
        wrong("means_", np.zeros((4, 3)), r"\(4,"),
        wrong("means_", np.full((3, 3), np.inf), "must be finite, got inf"),
        wrong("covariances_", np.zeros((3, 3, 3)), "positive definite"),
        wrong("covariances_", np.ones((3, 3, 3)), "positive definite"),
        wrong("covariances_", np.tri(3)[None].repeat(3, 0), "must be symmetric"),
        wrong("covariances_", np.eye(3), r"shape \(3, 3, 3\), got \(3, 3\)"),
        wrong("covariances_", "round", "array of numbers"),
        wrong("covariances_", np.eye(3)[None].repeat(3, 0) * 1e-310, "range of float"),
        wrong("precisions_", -np.eye(3)[None].repeat(3, 0), "positive definite"),
        wrong("precisions_", np.tri(3)[None].repeat(3, 0), "must be symmetric"),
        wrong("precisions_cholesky_", np.ones((3, 3, 3)), "triangular"),
        wrong("precisions_cholesky_", -np.eye(3)[None].repeat(3, 0), "triangular"),
    ],
)
def test_wrong_values(X, name, value, message):
    mixture = GaussianMixture(3, random_state=0).fit(X)
    setattr(mixture, name, value)
    for use in (mixture.predict, mixture.partial_fit, lambda _: mixture.sample()):
        with pytest.raises(
            (TypeError, ValueError), match=f"{name}.*{message}|{message}"
        ):
            use(X)


def test_other_features(X):
    mixture = GaussianMixture(3, random_state=0).fit(X)
    mixture.means_ = mixture.means_[:, :2]
    mixture.covariances_ = mixture.covariances_[:, :2, :2]
    with pytest.raises(ValueError, match=r"n_features_in_=3 features, .*got 2"):
        mixture.sample()
    with pytest.raises(ValueError, match=r"X has 2 features.*expecting 3"):
        by_hand("full", "covariances_").predict(X[:, :2])


def test_from_parameters(X, type_, tmp_path):
    expected = by_hand(type_, *FORMS)
    mixture = GaussianMixture.from_parameters(
        expected.weights_.tolist(),
        expected.means_,
        expected.covariances_,
        covariance_type=type_,
        random_state=0,
    )
    assert_like_theirs(mixture, X)
    assert mixture.n_components == 3
    assert mixture.n_features_in_ == 3
    assert (mixture.converged_, mixture.n_iter_) == (False, 0)
    mixture.save(tmp_path / "m.safetensors")
    loaded = GaussianMixture.load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(loaded.sample(9)[0], mixture.sample(9)[0])
    mixture.covariances_ *= 2
    np.testing.assert_array_equal(expected.covariances_, covariances_of(type_))


def test_from_parameters_that_are_wrong():
    one = [[[1.0]]]
    for arguments, message in (
        (
            ([0.5], [[0]], one),
            "weights_ must be non-negative and sum to 1, got the sum 0.5",
        ),
        (([1], [0], one), "means_ must have the shape"),
        (([1], [[0]], [[1.0]]), "covariances_ must have the shape"),
        (([1], [[0]], [[[-1.0]]]), "covariances_ must be positive definite"),
    ):
        with pytest.raises(ValueError, match=message):
            GaussianMixture.from_parameters(*arguments)
    with pytest.raises(ValueError, match="covariance_type"):
        GaussianMixture.from_parameters([1], [[0]], one, covariance_type="round")


@pytest.mark.parametrize("name", NAMES)
def test_a_mixture_without_an_attribute_is_pickled(name):
    X = np.random.default_rng(0).normal(size=(30, 2))
    mixture = GaussianMixture(1, random_state=0).fit(X)
    delattr(mixture, name)
    again = pickle.loads(pickle.dumps(mixture))
    assert not hasattr(again, name)
    assert copy.deepcopy(mixture).n_iter_ == mixture.n_iter_
