"""`--force` never replaces an input, nor silently a model of another kind."""

import json

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from latentia.cli.output import check_output, check_sample_folder

COMPRESS = ["compress", "--error", "0.1"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0).random((12, 9))
    np.savez("in.npz", X=values)
    np.save("in.npy", values)
    (tmp_path / "link.npz").symlink_to("in.npz")
    (tmp_path / "parts").mkdir()
    np.savez("parts/b.npz", X=values)
    np.save("parts/a.npy", values)
    ramp = np.add.outer(np.arange(64), np.arange(64))
    Image.fromarray(ramp.astype(np.uint8)).save("p.png")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "svd in.npz -k 2 -o in.npz",
        "svd in.npz -k 2 -o link.npz",
        "svd parts -k 2 -o parts/b.npz",
        "nmf in.npz -k 2 -o ./in.npz",
        "gmm in.npz -k 2 -o in.npz",
    ],
)
def test_an_input_is_never_the_output(run, here, words):
    before = {p: p.read_bytes() for p in here.rglob("*") if p.is_file()}
    code, _, err = run(*words.split(), "--force")
    assert code == 2
    assert "which is never overwritten" in err
    assert {p: p.read_bytes() for p in here.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    ("original", "output"), [("p.png", "p.png"), ("in.npy", "in.npy")]
)
def test_decompress_keeps_what_the_file_was_made_of(run, here, original, output):
    before = (here / original).read_bytes()
    assert run(*COMPRESS, original)[0] == 0
    lat = original.rpartition(".")[0] + ".lat"
    code, _, err = run("decompress", lat, "-o", output, "--force")
    assert code == 2
    assert "may be the original of" in err
    assert (here / original).read_bytes() == before
    assert run("decompress", lat, "-o", f"again-{output}")[0] == 0
    assert run("decompress", lat, "-o", f"again-{output}", "--force")[0] == 0


def test_a_model_of_another_kind_is_replaced_with_a_word(run, here):
    assert run("nmf", "in.npz", "-k", 2, "-o", "m.safetensors")[0] == 0
    code, _, err = run("nmf", "in.npz", "-k", 2, "-o", "m.safetensors", "--force")
    assert (code, err) == (0, "")
    gmm = ["gmm", "in.npz", "-k", 2, "-o", "m.safetensors"]
    code, _, err = run(*gmm, "--force")
    assert code == 0
    said = "--force: m.safetensors, NMF, will be replaced by GaussianMixture"
    assert err == f"latentia: {said}\n"
    with safe_open("m.safetensors", framework="numpy") as file:
        assert file.metadata()["kind"] == "GaussianMixture"


def test_other_arrays_are_replaced_with_a_word(run, here):
    np.savez("out.npz", photos=np.zeros(3))
    svd = ["svd", "in.npz", "-k", 2, "-o", "out.npz", "--force"]
    code, _, err = run(*svd)
    assert code == 0
    assert "out.npz had other arrays (photos), which are replaced" in err
    assert run(*svd)[::2] == (0, "")


def test_files_beside_those_of_a_run_may_be_replaced(tmp_path):
    run = tmp_path / "run"
    (run / "samples").mkdir(parents=True)
    names = ["last.safetensors", "samples/0000050.png"]
    manifest = {"format": "latentia run", "version": 1, "files": names}
    (run / "run.json").write_text(json.dumps(manifest))
    for name in ("walk.png", "samples/0000050.png", "samples/0000051.png"):
        (run / name).touch()
    check_output(run / "walk.png", (".png",), force=True, inputs=[run])
    with pytest.raises(ValueError, match=r"is inside the input .* never overwritten"):
        check_output(run / names[1], (".png",), force=True, inputs=[run])
    with pytest.raises(ValueError, match="never overwritten"):
        check_sample_folder(run / "samples", force=True, inputs=[run])


@pytest.mark.parametrize("command", ["report", "demo"])
def test_pages_are_not_written_among_the_images(run, tmp_path, command):
    (tmp_path / "data").mkdir()
    first = [tmp_path / "model"] if command == "report" else []
    output = tmp_path / "data" / "page"
    words = [*first, "--data", tmp_path / "data", "-o", output, "--force"]
    code, _, err = run(command, *words)
    assert code == 2
    assert "choose a folder outside it" in err
    assert not output.exists()
