"""A network of the user's."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from latentia.evaluation.features import ModuleFeatures  # noqa: E402


class Means(torch.nn.Module):
    """Means over the width, after a layer that differs in training."""

    def __init__(self):
        super().__init__()
        self.drop = torch.nn.Dropout(0.9)
        self.scale = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, images):
        return self.scale * self.drop(images).mean(dim=3)


def test_what_it_gets_and_gives(squares):
    images, _ = squares(7, channels=3)
    features = ModuleFeatures(Means())(images)
    expected = 2 * (images / 255).mean(axis=2).transpose(0, 2, 1).reshape(7, -1)
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    assert features.dtype == np.float32


def test_the_module_stays_as_it_is(squares):
    images, _ = squares(7)
    module = Means()
    space = ModuleFeatures(module)
    features = space(images)
    assert module.training
    module.scale.data += 1
    np.testing.assert_array_equal(space(images), features)
    assert ModuleFeatures(module).name != space.name
    assert space.name.startswith("Means ")


@pytest.mark.parametrize(
    ("module", "error", "problem"),
    [
        (
            torch.nn.Flatten(0),
            ValueError,
            r"a tensor \(B, d\), got \(504,\)",
        ),
        (torch.nn.MaxPool2d(2, return_indices=True), ValueError, "tuple"),
    ],
)
def test_what_gives_no_features(squares, module, error, problem):
    with pytest.raises(error, match=problem):
        ModuleFeatures(module)(squares(7)[0])


def test_no_module():
    with pytest.raises(TypeError, match=r"module must be a torch\.nn\.Module"):
        ModuleFeatures(np.mean)


def test_a_module_in_bfloat16():
    module = Means().to(torch.bfloat16)
    assert ModuleFeatures(module).name.startswith("Means ")
