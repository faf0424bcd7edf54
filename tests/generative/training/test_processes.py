"""Two processes with half a batch each do what one does with the whole."""

import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning_fabric")

from latentia.generative import GAN  # noqa: E402

SCRIPT = """
import os, sys
import numpy as np, torch
from latentia.generative import GAN
seed = None if sys.argv[2] == "None" else int(sys.argv[2])
X = np.random.default_rng(0).integers(0, 256, (32, 8, 8), dtype=np.uint8)
model = GAN(preset="tiny", network=sys.argv[3], batch_size=8, device="cpu",
            random_state=seed, augment=True)
model.fit(X, epochs=1, run=sys.argv[1] + "/run")
rank = os.environ["RANK"]
torch.save(model.networks_.state_dict(), f"{sys.argv[1]}/rank{rank}.pt")
"""

pytestmark = pytest.mark.slow


def two_processes(folder, seed, network="mlp"):
    (folder / "fit.py").write_text(SCRIPT)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", folder / "fit.py", folder, str(seed), network),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return [torch.load(folder / f"rank{rank}.pt") for rank in (0, 1)]


def test_like_one_process(tmp_path):
    first, second = two_processes(tmp_path, 0)
    assert all(torch.equal(first[name], second[name]) for name in first)
    X = np.random.default_rng(0).integers(0, 256, (32, 8, 8), dtype=np.uint8)
    one = GAN(
        preset="tiny",
        network="mlp",
        batch_size=8,
        device="cpu",
        random_state=0,
        augment=True,
    ).fit(X, epochs=1)
    for name, alone in one.networks_.state_dict().items():
        # Adam divides gradients by their own size: where that is next to nothing,
        # rounding decides. So on average, a twentieth of the way of four steps of 4e-4.
        off = (first[name] - alone).abs().mean()
        assert off < 0.05 * 4 * 4e-4, name
    names = sorted(p.name for p in (tmp_path / "run").iterdir())
    assert names == [
        "best.safetensors",
        "last.safetensors",
        "metrics.jsonl",
        "run.json",
        "samples",
    ]
    loaded = GAN.load(tmp_path / "run", device="cpu").networks_.state_dict()
    assert all(torch.equal(loaded[name], first[name]) for name in first)


BALANCED = """
import os, sys
import numpy as np, torch
from latentia.generative import ConditionalGAN
X = np.random.default_rng(0).integers(0, 256, (32, 8, 8), dtype=np.uint8)
model = ConditionalGAN(preset="tiny", network="mlp", batch_size=8, device="cpu",
                       random_state=0, balance_classes=True)
model.fit(X, np.arange(32) < 3, epochs=1)
rank = os.environ.get("RANK", "0")
torch.save(model.networks_.state_dict(), f"{sys.argv[1]}/rank{rank}.pt")
"""


def test_balanced_classes(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "SCRIPT", BALANCED)
    first, second = two_processes(tmp_path, 0)
    assert all(torch.equal(first[name], second[name]) for name in first)
    (tmp_path / "one").mkdir()
    done = subprocess.run(
        [sys.executable, tmp_path / "fit.py", tmp_path / "one"],
        check=False,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0
    for name, alone in torch.load(tmp_path / "one" / "rank0.pt").items():
        off = (first[name] - alone).abs().mean()
        assert off < 0.05 * 4 * 4e-4, name  # as above


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_without_a_seed_they_agree_on_one(tmp_path, network):
    first, second = two_processes(tmp_path, None, network)
    trained = [name for name in first if "running" not in name]  # of each one's part
    assert all(torch.equal(first[name], second[name]) for name in trained)
