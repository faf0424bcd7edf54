"""Inception v3, whose weights only a user has: names, shapes, files."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from latentia.evaluation.features import InceptionFeatures  # noqa: E402
from latentia.evaluation.features._inception_network import InceptionV3  # noqa: E402


@pytest.fixture(scope="module")
def expected():
    with torch.device("meta"):
        return InceptionV3().state_dict()


def test_as_many_parameters_as_torchvision_has():
    """27161264, less 2049000 of ``fc`` and 3326696 of ``AuxLogits``."""
    with torch.device("meta"):
        network = InceptionV3()
    assert sum(p.numel() for p in network.parameters()) == 21_785_568
    assert len([m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]) == 94


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Conv2d_1a_3x3.conv.weight", (32, 3, 3, 3)),
        ("Conv2d_3b_1x1.bn.running_var", (80,)),
        ("Mixed_5b.branch5x5_2.conv.weight", (64, 48, 5, 5)),
        ("Mixed_5d.branch_pool.conv.weight", (64, 288, 1, 1)),
        ("Mixed_6a.branch3x3dbl_3.conv.weight", (96, 96, 3, 3)),
        ("Mixed_6b.branch7x7_2.conv.weight", (128, 128, 1, 7)),
        ("Mixed_6e.branch7x7dbl_4.conv.weight", (192, 192, 7, 1)),
        ("Mixed_7a.branch7x7x3_4.conv.weight", (192, 192, 3, 3)),
        ("Mixed_7b.branch3x3_2b.conv.weight", (384, 384, 3, 1)),
        ("Mixed_7c.branch3x3dbl_3a.conv.weight", (384, 384, 1, 3)),
        ("Mixed_7c.branch3x3dbl_1.bn.num_batches_tracked", ()),
    ],
)
def test_names_and_shapes(expected, name, shape):
    assert expected[name].shape == shape


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*weights"):
        InceptionFeatures(tmp_path / "weights.safetensors")


def test_a_pickle_is_refused(tmp_path):
    path = tmp_path / "inception.pth"
    torch.save({"fc.bias": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=r"inception\.pth .*pickled weights are"):
        InceptionFeatures(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, "Conv2d_1a_3x3.bn.bias is missing"),
        ({"Another.weight": torch.zeros(1)}, "Another.weight is unexpected"),
    ],
)
def test_weights_of_something_else(tmp_path, change, problem):
    path = tmp_path / "weights.safetensors"
    save_file({"fc.bias": torch.zeros(3)} | change, path)
    with pytest.raises(ValueError, match=rf"torchvision's inception_v3: {problem}"):
        InceptionFeatures(path)


@pytest.mark.slow
def test_a_forward_pass(tmp_path, random):
    torch.manual_seed(0)
    network = InceptionV3().eval()
    state = network.state_dict()
    path = tmp_path / "weights.safetensors"
    save_file(state | {"fc.bias": torch.zeros(3), "AuxLogits.x": torch.zeros(1)}, path)
    space = InceptionFeatures(path)
    images = random.integers(0, 256, (2, 299, 299, 3), dtype=np.uint8)
    features = space(images)
    assert features.shape == (2, 2048)
    batch = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        np.testing.assert_allclose(features, network(batch), rtol=1e-4, atol=1e-5)
    grey = space(images[..., 0])
    np.testing.assert_allclose(grey, space(np.repeat(images[..., :1], 3, axis=3)))
    with pytest.raises(ValueError, match="grey or RGB, got 4 channels"):
        space(np.zeros((1, 20, 20, 4), np.uint8))

    save_file(state | {"Conv2d_1a_3x3.bn.bias": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=r"has the shape \(3,\), not \(32,\)"):
        InceptionFeatures(path)
    save_file(state | {"Conv2d_1a_3x3.bn.bias": torch.full((32,), torch.nan)}, path)
    with pytest.raises(ValueError, match=r"bn\.bias is not finite"):
        InceptionFeatures(path)
