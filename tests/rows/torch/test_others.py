"""What else takes rows takes tensors: by way of the host, or as others do."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from latentia import NMF, PCA, GaussianMixture, select_mixture
from latentia.privacy import PrivatePCA
from latentia.rows import open as open_rows

torch = pytest.importorskip("torch")

X = np.random.default_rng(0).random((60, 5))
T = torch.tensor(X)


@pytest.mark.filterwarnings("ignore::latentia.privacy.noise.PrivacyWarning")
def test_private_fits_copy_a_tensor():
    private = PrivatePCA(2, epsilon=1.0, delta=1e-5, row_norm=3.0)
    assert private.fit(T).components_.shape == (2, 5)


def test_a_pipeline_hands_a_tensor_on():
    pipeline = make_pipeline(PCA(3), GaussianMixture(2, random_state=0))
    labels = pipeline.fit(T).predict(T)
    assert isinstance(labels, torch.Tensor)


def test_mixtures_are_selected_on_the_device():
    found, known = (select_mixture(R, [1, 2], random_state=0) for R in (T, X))
    assert found.best.n_components == known.best.n_components


@pytest.mark.parametrize(
    "model",
    [
        PCA(2, random_state=0),
        NMF(2, random_state=0, max_iter=20, tol=0),
        GaussianMixture(2, random_state=0),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_settings_of_the_caller_round_nothing_and_move_nothing(model):
    """Autocast rounded products to 8 bits, where it did not stop with an error."""
    rows = T.float()
    wanted = clone(model).fit(rows)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.device("meta"):
        found = clone(model).fit(rows)
    name = "means_" if isinstance(model, GaussianMixture) else "components_"
    np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_sparse_rows_where_another_device_is_the_default():
    sparse = T.to_sparse_csr()
    with torch.device("meta"):
        found = PCA(2, random_state=0).fit_transform(sparse)
    np.testing.assert_allclose(found, PCA(2).fit_transform(X), atol=1e-9)


def test_a_mixture_is_conditioned_on_a_tensor_that_needs_a_gradient():
    mixture = GaussianMixture(2, random_state=0).fit(X)
    values = torch.tensor([0.5], requires_grad=True)
    found, known = (mixture.condition([0], v).means_ for v in (values, 0.5))
    np.testing.assert_array_equal(found, known)


def test_a_tensor_is_not_opened():
    with pytest.raises(TypeError, match="got Tensor: estimators take it as it is"):
        open_rows(T)


def test_names_and_numbers_of_features():
    pca = PCA(2).fit(T)
    assert pca.n_features_in_ == 5
    with pytest.raises(ValueError, match="X has 3 features"):
        pca.transform(T[:, :3])


def test_a_label_of_another_kind_is_ignored():
    assert NMF(2, max_iter=500).fit(T, y=np.arange(60)).components_.shape == (2, 5)


def test_a_failed_fit_changes_nothing(unchanged):
    pca = PCA(2).fit(T)
    check = unchanged(pca)
    with pytest.raises(ValueError, match="NaN"):
        pca.fit(torch.full((4, 2), float("nan")))
    check()
