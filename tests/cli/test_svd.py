"""`latentia svd`: right factors in the file, one-line errors, nothing overwritten."""

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from PIL import Image

from latentia._native import built_levels, kernels


@pytest.fixture
def matrix():
    return np.random.default_rng(0).standard_normal((60, 12))


def save(folder, kind, matrix):
    path = folder / f"matrix.{kind}"
    if kind == "npy":
        np.save(path, matrix)
    elif kind == "npz":
        scipy.sparse.save_npz(path, scipy.sparse.csr_array(matrix))
    elif kind == "mtx":
        scipy.io.mmwrite(path, scipy.sparse.coo_array(matrix))
    else:
        np.savetxt(path, matrix, delimiter=",")
    return path


@pytest.mark.parametrize("kind", ["npy", "npz", "mtx", "csv"])
@pytest.mark.parametrize("center", [False, True])
def test_factors_are_those_of_the_file(run, tmp_path, matrix, kind, center):
    path, out = save(tmp_path, kind, matrix), tmp_path / "out.npz"
    code, text, _ = run(
        "svd", path, "-k", 5, "-o", out, *(["--center"] if center else [])
    )
    assert code == 0
    assert str(out.name) in text
    assert "relative; smaller is better" in " ".join(text.split())
    with np.load(out) as found:
        truth = np.linalg.svd(matrix - (matrix.mean(0) if center else 0))[1][:5]
        np.testing.assert_allclose(found["s"], truth, rtol=1e-6)
        assert found["U"].shape == (60, 5)
        assert found["Vt"].shape == (5, 12)
        assert (abs(found["s"] - truth) <= found["error_bound"]).all()
        expected_mean = matrix.mean(0) if center else np.zeros(12)
        np.testing.assert_allclose(found["mean"], expected_mean, atol=1e-12)


def test_a_folder_of_images_is_a_matrix(run, tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(9):
        pixels = rng.integers(0, 255, (8, 10), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    code, _, _ = run("svd", folder, "-k", 3, "-o", tmp_path / "out.npz")
    assert code == 0
    with np.load(tmp_path / "out.npz") as found:
        assert found["Vt"].shape == (3, 80)


def test_an_existing_file_is_kept_without_force(run, tmp_path, matrix):
    path, out = save(tmp_path, "npy", matrix), tmp_path / "out.npz"
    out.write_bytes(b"precious")
    code, _, err = run("svd", path, "-k", 2, "-o", out)
    assert code == 2
    assert "--force" in err
    assert out.read_bytes() == b"precious"
    assert run("svd", path, "-k", 2, "-o", out, "--force")[0] == 0
    assert np.load(out)["s"].shape == (2,)


def test_nothing_is_left_where_a_fit_fails(run, tmp_path, matrix):
    matrix[7, 3] = np.nan
    path, out = save(tmp_path, "npy", matrix), tmp_path / "out.npz"
    code, _, err = run("svd", path, "-k", 2, "-o", out)
    assert code == 2
    assert "row 7, column 3" in err
    assert [p.name for p in tmp_path.iterdir()] == ["matrix.npy"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.npy", "-k", "2", "-o", "out.npz"], "missing.npy"),
        (["{matrix}", "-k", "0", "-o", "out.npz"], "n_components"),
        (["{matrix}", "-k", "13", "-o", "out.npz"], "n_features=12), got 13"),
        (["{matrix}", "-k", "2", "-o", "out.txt"], "npz"),
        (["{matrix}", "-k", "2", "-o", "no/such/out.npz"], "no folder"),
        (["{matrix}", "-k", "2", "-o", "out.npz", "--tol", "-1"], "tol"),
        (["{corrupt}", "-k", "2", "-o", "out.npz"], "corrupt.npz"),
        (["{unknown}", "-k", "2", "-o", "out.npz"], "unknown.xyz"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(
    run, tmp_path, monkeypatch, matrix, arguments, says
):
    monkeypatch.chdir(tmp_path)
    save(tmp_path, "npy", matrix)
    (tmp_path / "corrupt.npz").write_bytes(b"PK\x03\x04 no zip file")
    (tmp_path / "unknown.xyz").write_text("1 2 3")
    names = {
        "{matrix}": "matrix.npy",
        "{corrupt}": "corrupt.npz",
        "{unknown}": "unknown.xyz",
    }
    code, out, err = run("svd", *[names.get(a, a) for a in arguments])
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
    assert not (tmp_path / "out.npz").exists()


def test_info_names_level_and_threads(run):
    code, out, _ = run("info")
    assert code == 0
    assert f"{kernels.level} (built: {', '.join(built_levels())})" in out
    assert "threads" in out


@pytest.mark.parametrize(
    "arguments", [["bench", "nonsense"], ["bench", "svd", "--size", "huge"]]
)
def test_bench_refuses_what_it_does_not_know(run, arguments):
    code, _, err = run(*arguments)
    assert code == 2
    assert arguments[-1] in err
