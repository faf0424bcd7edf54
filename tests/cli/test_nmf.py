"""`latentia nmf`: the factors in the file, one-line errors, nothing overwritten."""

import warnings

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from PIL import Image
from sklearn.exceptions import ConvergenceWarning

import latentia
from latentia import NMF, cross_validate_rank
from latentia.benchmarks.rows.counted import CountedRows
from latentia.cli import matrix as matrix_file
from latentia.rows import as_rows


@pytest.fixture
def matrix():
    """Of rank 3, with a little noise and many zeros."""
    rng = np.random.default_rng(0)
    W, H = rng.gamma(1, 1, (40, 3)), rng.gamma(1, 1, (3, 12))
    return np.maximum(W @ H + rng.normal(0, 0.1, (40, 12)) - 0.5, 0)


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


@pytest.fixture
def file(tmp_path, matrix):
    return save(tmp_path, "npy", matrix)


def lines(text):
    """Return the report as a mapping of names to values."""
    cells = (line.strip().split("  ", 1) for line in text.splitlines())
    return {cell[0]: cell[-1].strip().partition("  ")[0] for cell in cells}


@pytest.mark.parametrize("kind", ["npy", "npz", "mtx", "csv"])
def test_factors_are_those_of_the_file(run, tmp_path, matrix, kind):
    path, out = save(tmp_path, kind, matrix), tmp_path / "out.npz"
    code, text, err = run("nmf", path, "-k", 3, "-o", out)
    assert code == 0, err
    assert "out.npz" in text
    with np.load(out) as found:
        assert set(found) == {
            "W",
            "components",
            "reconstruction_err",
            "format_version",
        }
        assert found["W"].shape == (40, 3)
        assert found["components"].shape == (3, 12)
        residual = np.linalg.norm(matrix - found["W"] @ found["components"])
        assert found["reconstruction_err"] == pytest.approx(residual, rel=1e-6)
        assert found["format_version"] == 1
        assert residual / np.linalg.norm(matrix) < 0.1
    relative = 100 * residual / np.linalg.norm(matrix)
    assert lines(text)["relative error"] == f"{relative:.3g} %"


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ([], {"solver": "hals"}),
        (["--solver", "mu"], {"solver": "mu"}),
        (["--beta-loss", "kl"], {"solver": "mu", "beta_loss": "kl"}),
        (["--beta-loss", "0.5"], {"solver": "mu", "beta_loss": 0.5}),
        (
            ["--seed", 5, "--tol", 0, "--max-iter", 7],
            {"random_state": 5, "max_iter": 7},
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_options_are_those_of_the_estimator(
    run, tmp_path, matrix, file, options, parameters
):
    out = tmp_path / "out.npz"
    code, text, err = run("nmf", file, "-k", 3, *options, "-o", out)
    assert code == 0, err
    truth = NMF(3, **{"solver": "hals", "random_state": 0, **parameters})
    if "max_iter" in parameters:
        truth.set_params(tol=0)
    W = truth.fit_transform(matrix)
    with np.load(out) as found:
        np.testing.assert_array_equal(found["W"], W)
        np.testing.assert_array_equal(found["components"], truth.components_)
    assert lines(text)["iterations"] == str(truth.n_iter_)
    assert lines(text)["loss"] == str(truth.beta_loss)


def test_itakura_saito_of_positive_entries(run, tmp_path, matrix):
    path = save(tmp_path, "npy", matrix + 0.5)
    out = tmp_path / "out.npz"
    code, text, err = run("nmf", path, "-k", 3, "--beta-loss", "is", "-o", out)
    assert code == 0, err
    with np.load(out) as found:
        ratio = (matrix + 0.5) / (found["W"] @ found["components"])
    divergence = np.mean(ratio - np.log(ratio) - 1)
    assert float(lines(text)["mean divergence"]) == pytest.approx(divergence, rel=1e-3)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_saved_model_can_be_loaded(run, tmp_path, matrix, file):
    out = tmp_path / "parts.safetensors"
    code, text, err = run("nmf", file, "-k", 3, "--seed", 3, "-o", out)
    assert code == 0, err
    assert "the model is in" in text
    truth = NMF(3, solver="hals", random_state=3).fit(matrix)
    found = NMF.load(out)
    np.testing.assert_array_equal(found.transform(matrix), truth.transform(matrix))


def test_missing_entries_are_left_out(run, tmp_path, matrix):
    known = np.random.default_rng(1).random(matrix.shape) < 0.7
    path = save(tmp_path, "npy", np.where(known, matrix, np.nan))
    out, nan = tmp_path / "out.npz", ("--missing", "nan")
    code, text, err = run("nmf", path, "-k", 3, *nan, "-o", out)
    assert code == 0, err
    with np.load(out) as found:
        residual = (matrix - found["W"] @ found["components"])[known]
    relative = 100 * np.linalg.norm(residual) / np.linalg.norm(matrix[known])
    assert lines(text)["relative error"] == f"{relative:.3g} %"
    for options in ([], ["--missing", "none"]):
        code, _, err = run("nmf", path, "-k", 3, *options, "-o", out, "--force")
        assert code == 2
        assert "NaN at row" in err
        assert "missing='nan'" in err
    code, text, err = run("nmf", path, "--ranks", "1:3", *nan, "-o", out, "--force")
    assert code == 0, err


def test_penalties(run, tmp_path, matrix):
    """As the estimator has them: by default where entries are unobserved."""
    path, out = save(tmp_path, "npz", matrix), tmp_path / "out.npz"
    some = scipy.sparse.csr_array(matrix)
    for options, parameters in (
        ([], {}),
        (["--alpha-W", "auto", "--alpha-H", "same"], {}),
        (["--alpha-W", 0], {"alpha_W": 0.0}),
        (["--alpha-W", 0.1, "--alpha-H", "auto"], {"alpha_W": 0.1, "alpha_H": "auto"}),
        (
            ["--alpha-W", 0.1, "--alpha-H", 0.2, "--l1-ratio", 0.5],
            {"alpha_W": 0.1, "alpha_H": 0.2, "l1_ratio": 0.5},
        ),
    ):
        options = ["--missing", "unobserved", "--tol", 0, "--max-iter", 9, *options]
        code, _, err = run("nmf", path, "-k", 3, *options, "-o", out, "--force")
        assert code == 0, err
        nmf = NMF(3, missing="unobserved", tol=0, max_iter=9, random_state=0)
        W = nmf.set_params(**parameters).fit_transform(some)
        with np.load(out) as found:
            np.testing.assert_array_equal(found["W"], W)
            np.testing.assert_array_equal(found["components"], nmf.components_)


def test_events_alone_are_warned_of(run, tmp_path, matrix):
    path = save(tmp_path, "npz", (matrix > 1).astype(float))
    out = tmp_path / "out.npz"
    code, _, err = run("nmf", path, "-k", 2, "--missing", "unobserved", "-o", out)
    assert code == 0
    assert "implicit feedback" in err


def test_unobserved_entries_of_a_sparse_file_are_left_out(run, tmp_path, matrix):
    known = matrix > 0
    path, out = save(tmp_path, "npz", matrix), tmp_path / "out.npz"
    code, text, err = run(
        "nmf", path, "-k", 3, "--missing", "unobserved", "--beta-loss", "kl", "-o", out
    )
    assert code == 0, err
    with np.load(out) as found:
        model = (found["W"] @ found["components"])[known]
    x = matrix[known]
    divergence = np.mean(x * np.log(x / model) - x + model)
    assert float(lines(text)["mean divergence"]) == pytest.approx(divergence, rel=1e-3)


def test_the_rank_is_chosen_on_held_out_entries(run, tmp_path, matrix, file):
    out = tmp_path / "out.npz"
    code, text, err = run("nmf", file, "--ranks", "1:5:2", "-o", out)
    assert code == 0, err
    truth = cross_validate_rank(matrix, [1, 3, 5], solver="hals", random_state=0)
    assert str(truth) in text
    assert truth.best_rank >= 3  # of a matrix of rank 3
    assert lines(text)["rank"] == str(truth.best_rank)
    assert np.load(out)["W"].shape == (40, truth.best_rank)


def test_a_folder_of_images_is_a_matrix(run, tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(9):
        pixels = rng.integers(0, 255, (8, 10), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    code, _, err = run("nmf", folder, "-k", 2, "-o", tmp_path / "out.npz")
    assert code == 0, err
    assert np.load(tmp_path / "out.npz")["components"].shape == (2, 80)


def test_no_convergence_is_reported_and_kept(run, tmp_path, file):
    out = tmp_path / "out.npz"
    code, text, err = run(
        "nmf", file, "-k", 5, "--max-iter", 2, "--tol", "1e-9", "-o", out
    )
    assert code == 0
    assert lines(text)["converged"] == "no"
    assert len(err.strip().splitlines()) == 1
    assert np.load(out)["W"].shape == (40, 5)


def test_ctrl_c_keeps_what_was_found(run, tmp_path, monkeypatch, file):
    class Interrupted(NMF):
        def _fit(self, *arguments):
            found = super()._fit(*arguments)
            warnings.warn("the fit was interrupted", ConvergenceWarning, stacklevel=2)
            return found

    monkeypatch.setattr(latentia, "NMF", Interrupted)
    code, _, err = run("nmf", file, "-k", 2, "-o", tmp_path / "parts.safetensors")
    assert code == 0
    assert "interrupted" in err
    assert NMF.load(tmp_path / "parts.safetensors").n_components_ == 2


def test_a_matrix_of_zeros_has_no_relative_error(run, tmp_path):
    path = save(tmp_path, "npy", np.zeros((5, 4)))
    code, text, err = run("nmf", path, "-k", 2, "-o", tmp_path / "out.npz")
    assert code == 0, err
    assert lines(text)["relative error"] == "-"


def test_an_existing_file_is_kept_without_force(run, tmp_path, file):
    out = tmp_path / "parts.safetensors"
    out.write_bytes(b"precious")
    code, _, err = run("nmf", file, "-k", 2, "-o", out)
    assert code == 2
    assert "--force" in err
    assert out.read_bytes() == b"precious"
    assert run("nmf", file, "-k", 2, "-o", out, "--force")[0] == 0
    assert NMF.load(out).n_components_ == 2


@pytest.mark.parametrize("name", ["out.npz", "out.safetensors"])
@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_nothing_is_left_where_a_fit_fails(run, tmp_path, matrix, file, name, value):
    matrix[7, 2] = value
    np.save(file, matrix)
    code, _, err = run("nmf", file, "-k", 2, "-o", tmp_path / name)
    assert code == 2
    assert "row 7, column 2" in err
    assert len(err.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["matrix.npy"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("-k 2 -o out.txt", ".npz or .safetensors, got out.txt"),
        ("-k 2 -o no/such/out.npz", "no folder no/such"),
        ("-k 2 -o folder.npz --force", "folder.npz is a folder"),
        ("-o out.npz", "one of -k and --ranks must be given, got neither"),
        (
            "-k 2 --ranks 2:3 -o out.npz",
            "one of -k and --ranks must be given, got both",
        ),
        ("-k 0 -o out.npz", "-k/--n-components must be at least 1, got 0"),
        ("--ranks 5 -o out.npz", "must look like 2:20 or 2:20:3, got '5'"),
        ("--ranks 2:x -o out.npz", "must look like 2:20"),
        ("--ranks 0:3 -o out.npz", "STEP ≥ 1, got '0:3'"),
        ("--ranks 9:3 -o out.npz", "STEP ≥ 1, got '9:3'"),
        ("--ranks 1:3:0 -o out.npz", "STEP ≥ 1, got '1:3:0'"),
        (
            "-k 2 --beta-loss l1 -o out.npz",
            "itakura-saito, kl, is or a finite number, got 'l1'",
        ),
        (
            "-k 2 --beta-loss nan -o out.npz",
            "--beta-loss must be a finite number, got nan",
        ),
        (
            "-k 2 --solver sgd -o out.npz",
            "--solver must be one of cd, hals, mu, got 'sgd'",
        ),
        (
            "-k 2 --solver hals --beta-loss kl -o out.npz",
            "--beta-loss='kl' needs --solver='mu'",
        ),
        ("-k 2 --missing zero -o out.npz", "--missing must be one of nan, unobserved"),
        ("-k 2 --max-iter 0 -o out.npz", "--max-iter must be at least 1, got 0"),
        (
            "-k 2 --alpha-W x -o out.npz",
            "--alpha-W must be a number of at least 0 or 'auto', got 'x'",
        ),
        ("-k 2 --alpha-W -1 -o out.npz", "of at least 0 or 'auto', got -1.0"),
        (
            "-k 2 --alpha-H nan -o out.npz",
            "of at least 0 or 'auto' or 'same', got nan",
        ),
        ("-k 2 --l1-ratio 1.5 -o out.npz", "of at least 0 and at most 1, got 1.5"),
        ("-k 2 --tol -1 -o out.npz", "--tol must be a number of at least 0, got -1.0"),
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
    code, out, err = run("nmf", "matrix.npy", *arguments.split())
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npz"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.npy", "-k", "2"], "missing.npy"),
        (
            ["matrix.npy", "-k", "2", "--seed", "-1"],
            "--seed must be at least 0",
        ),
        (["corrupt.npz", "-k", "2"], "corrupt.npz"),
        (["unknown.xyz", "-k", "2"], "unknown.xyz"),
        (["matrix.npz", "--ranks", "1:3"], "unobserved"),
    ],
)
@pytest.mark.usefixtures("file")
def test_errors_are_one_line_and_exit_code_2(
    run, tmp_path, monkeypatch, matrix, arguments, says
):
    monkeypatch.chdir(tmp_path)
    save(tmp_path, "npz", matrix)
    (tmp_path / "corrupt.npz").write_bytes(b"PK\x03\x04 no zip file")
    (tmp_path / "unknown.xyz").write_text("1 2 3")
    code, out, err = run("nmf", *arguments, "-o", "out.npz")
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err + out
    assert not (tmp_path / "out.npz").exists()


def test_the_report_does_not_read_the_matrix_again(run, file, tmp_path, monkeypatch):
    opened = []

    def counted(*arguments, **keywords):
        opened.append(CountedRows(read_matrix(*arguments, **keywords)))
        return opened[-1]

    read_matrix = matrix_file.read_matrix
    monkeypatch.setattr(matrix_file, "read_matrix", counted)
    options = ("-k", 3, "--max-iter", 5, "-o", tmp_path / "out.npz")
    assert run("nmf", file, *options)[0] == 0
    by_hand = CountedRows(as_rows(np.load(file)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        NMF(3, max_iter=5, random_state=0).fit_transform(by_hand)
    assert opened[0].tally.passes == by_hand.tally.passes
