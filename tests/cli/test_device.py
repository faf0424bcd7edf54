"""`--device` of `svd`, `nmf` and `gmm`: the same numbers, and errors in one line."""

import numpy as np
import pytest

pytest.importorskip("torch")

COMMANDS = {
    "svd": ("s", ["-k", 3]),
    "nmf": ("W", ["-k", 3, "--max-iter", 5]),
    "gmm": ("log_likelihood", ["-k", 2]),
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "X.npy"
    np.save(path, np.random.default_rng(0).gamma(1.0, size=(80, 6)))
    return path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("memory", [[], ["--memory", "20kB"]])
def test_the_results_are_those_without(run, file, tmp_path, command, memory):
    name, options = COMMANDS[command]
    found = []
    for device in ([], ["--device", "cpu"]):
        out = tmp_path / f"{len(device)}.npz"
        code, _, _ = run(command, file, *options, *memory, *device, "-o", out)
        assert code == 0
        with np.load(out) as arrays:
            found.append(arrays[name])
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_device_that_is_absent(run, file, tmp_path, command):
    out = tmp_path / "out.npz"
    options = COMMANDS[command][1]
    code, _, error = run(command, file, *options, "--device", "cuda:99", "-o", out)
    assert code != 0
    assert "device='cuda:99': PyTorch sees" in " ".join(error.split())
    assert not out.exists()
