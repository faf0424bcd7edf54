"""`latentia gmm`: the mixture in the file, one-line errors, nothing overwritten."""

import os
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia import GaussianMixture
from latentia.cli import matrix as matrix_file

PARAMETERS = {"weights", "means", "covariances"}
ROWS = {"labels", "log_likelihood"}


@pytest.fixture
def matrix():
    """Two well-separated clouds, of 40 and 80 rows."""
    rng = np.random.default_rng(0)
    return np.concatenate(
        [rng.normal(-5, 1, (40, 3)), rng.normal(5, [1, 2, 0.5], (80, 3))]
    )


@pytest.fixture
def file(tmp_path, matrix):
    path = tmp_path / "matrix.npy"
    np.save(path, matrix)
    return path


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_arrays_are_those_of_the_mixture(run, tmp_path, file, matrix, covariance):
    out = tmp_path / "out.npz"
    code, text, err = run(
        "gmm", file, "-k", 2, "--covariance-type", covariance, "-o", out
    )
    assert code == 0, err
    assert out.name in text
    truth = GaussianMixture(2, covariance_type=covariance, random_state=0).fit(matrix)
    with np.load(out) as found:
        assert set(found) == {*PARAMETERS, *ROWS, "covariance_type", "format_version"}
        for name in PARAMETERS:
            np.testing.assert_array_equal(found[name], getattr(truth, f"{name}_"))
        np.testing.assert_array_equal(found["labels"], truth.predict(matrix))
        np.testing.assert_array_equal(
            found["log_likelihood"], truth.score_samples(matrix)
        )
        assert found["covariance_type"] == covariance
        assert found["format_version"] == 1
        np.testing.assert_allclose(sorted(found["weights"]), [1 / 3, 2 / 3], atol=0.02)


def test_a_saved_model_can_be_loaded(run, tmp_path, file, matrix):
    out = tmp_path / "mix.safetensors"
    code, _, err = run("gmm", file, "-k", 2, "--seed", 3, "-o", out)
    assert code == 0, err
    found = GaussianMixture.load(out)
    truth = GaussianMixture(2, random_state=3).fit(matrix)
    np.testing.assert_array_equal(
        found.predict_proba(matrix), truth.predict_proba(matrix)
    )


def test_report(run, tmp_path, file, matrix):
    _, text, _ = run("gmm", file, "-k", 2, "-o", tmp_path / "out.npz")
    truth = GaussianMixture(2, random_state=0).fit(matrix)
    weights = [f"{100 * w:.2f} %" for w in sorted(truth.weights_, reverse=True)]
    assert text.index(weights[0]) < text.index(weights[1])
    assert f"{truth.score(matrix):.6g}" in text
    assert f"{truth.bic(matrix):.6g}" in text
    assert ["converged", "yes"] in [line.split() for line in text.splitlines()]


def test_only_the_heaviest_of_many_components_are_listed(run, tmp_path, file):
    _, text, _ = run(
        "gmm",
        file,
        "-k",
        20,
        "--covariance-type",
        "spherical",
        "-o",
        tmp_path / "out.npz",
    )
    assert "8 more" in text


def test_no_convergence_is_reported_and_kept(run, tmp_path, monkeypatch, file):
    hurried = partial(GaussianMixture, max_iter=1, tol=1e-9)
    monkeypatch.setattr(latentia, "GaussianMixture", hurried)
    code, text, err = run("gmm", file, "-k", 5, "-o", tmp_path / "out.npz")
    assert code == 0
    assert ["converged", "no"] in [line.split() for line in text.splitlines()]
    assert len(err.strip().splitlines()) == 1
    assert "did not converge" in err
    assert np.load(tmp_path / "out.npz")["weights"].shape == (5,)


def test_ctrl_c_keeps_what_was_found(run, tmp_path, monkeypatch, file):
    class Interrupted(GaussianMixture):
        def fit(self, X):
            super().fit(X)
            warnings.warn("the fit was interrupted", ConvergenceWarning, stacklevel=2)
            return self

    monkeypatch.setattr(latentia, "GaussianMixture", Interrupted)
    code, _, err = run("gmm", file, "-k", 2, "-o", tmp_path / "mix.safetensors")
    assert code == 0
    assert "interrupted" in err
    assert GaussianMixture.load(tmp_path / "mix.safetensors").n_components == 2


def test_selection_finds_the_number_and_shows_the_candidates(run, tmp_path, file):
    out = tmp_path / "out.npz"
    code, text, err = run("gmm", file, "-k", 3, "--select", "-o", out)
    assert code == 0, err
    for covariance in ("full", "tied", "diag", "spherical"):
        assert covariance in text
    with np.load(out) as found:
        assert len(found["weights"]) == 2
        # Axis-parallel clouds of different shapes.
        assert found["covariance_type"] == "diag"


def test_selection_among_one_covariance_type(run, tmp_path, file):
    out = tmp_path / "mix.safetensors"
    arguments = ["--select", "--covariance-type", "tied", "-o", out]
    _, text, _ = run("gmm", file, "-k", 3, *arguments)
    assert "diag" not in text
    found = GaussianMixture.load(out)
    assert found.covariance_type == "tied"


def test_an_existing_file_is_kept_without_force(run, tmp_path, file):
    out = tmp_path / "mix.safetensors"
    out.write_bytes(b"precious")
    code, _, err = run("gmm", file, "-k", 2, "-o", out)
    assert code == 2
    assert "--force" in err
    assert out.read_bytes() == b"precious"
    assert run("gmm", file, "-k", 2, "-o", out, "--force")[0] == 0
    assert GaussianMixture.load(out).n_components == 2


@pytest.mark.parametrize("name", ["out.npz", "out.safetensors"])
def test_nothing_is_left_where_a_fit_fails(run, tmp_path, file, matrix, name):
    matrix[7, 2] = np.nan
    np.save(file, matrix)
    code, _, err = run("gmm", file, "-k", 2, "-o", tmp_path / name)
    assert code == 2
    assert "row 7, column 2" in err
    assert [p.name for p in tmp_path.iterdir()] == ["matrix.npy"]


def test_sparse_files_are_refused_with_advice(run, tmp_path, matrix):
    path = tmp_path / "sparse.npz"
    scipy.sparse.save_npz(path, scipy.sparse.csr_array(matrix))
    code, _, err = run("gmm", path, "-k", 2, "-o", tmp_path / "out.npz")
    assert code == 2
    assert "parse" in err
    assert "PCA" in err
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-k", "2", "-o", "out.txt"], ".safetensors or .npz, got out.txt"),
        (["-k", "2", "-o", "out"], ".safetensors or .npz, got out"),
        (["-k", "2", "-o", "no/such/out.npz"], "no folder no/such"),
        (["-k", "2", "-o", "folder.npz", "--force"], "folder.npz is a folder"),
        (["-k", "0", "-o", "out.npz"], "-k/--n-components must be at least 1, got 0"),
        (
            ["-k", "2", "--covariance-type", "round", "-o", "out.npz"],
            "full, tied, diag",
        ),
    ],
)
def test_bad_arguments_are_refused_before_the_file_is_read(
    run, tmp_path, monkeypatch, arguments, says
):
    def read(file, memory, **_):
        pytest.fail("the file was read")

    monkeypatch.setattr(matrix_file, "read_matrix", read)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.npz").mkdir()
    code, out, err = run("gmm", "matrix.npy", *arguments)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npz"]


def test_a_folder_that_may_not_be_written_to(run, tmp_path, monkeypatch, file):
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK)
    code, _, err = run("gmm", file, "-k", 2, "-o", tmp_path / "out.npz")
    assert code == 2
    assert "is not writable" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.npy", "-k", "2"], "missing.npy"),
        (["matrix.npy", "-k", "121"], "121"),
        (["matrix.npy", "-k", "121", "--select"], "121"),
        (
            ["matrix.npy", "-k", "2", "--seed", "-1"],
            "--seed must be at least 0",
        ),
        (["corrupt.npz", "-k", "2"], "corrupt.npz"),
        (["unknown.xyz", "-k", "2"], "unknown.xyz"),
    ],
)
@pytest.mark.usefixtures("file")
def test_errors_are_one_line_and_exit_code_2(
    run, tmp_path, monkeypatch, arguments, says
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corrupt.npz").write_bytes(b"PK\x03\x04 no zip file")
    (tmp_path / "unknown.xyz").write_text("1 2 3")
    code, out, err = run("gmm", *arguments, "-o", "out.npz")
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
    assert not (tmp_path / "out.npz").exists()
