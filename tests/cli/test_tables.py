"""Tables on the command line: what is taken is printed, and what it gives is right."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

SVD = ("svd", "-k", 2)
NMF = ("nmf", "-k", 2, "--tol", 1)
GMM = ("gmm", "-k", 2, "--covariance-type", "diag")
COMMANDS = pytest.mark.parametrize(
    "command", [SVD, NMF, GMM], ids=["svd", "nmf", "gmm"]
)
MEMORY = pytest.mark.parametrize("memory", [(), ("--memory", "10kB")], ids=str)


@pytest.fixture
def A():
    return np.random.default_rng(0).random((200, 4))


def write(frame, path):
    if path.suffix in (".parquet", ".feather"):
        getattr(frame, f"to_{path.suffix[1:]}")(path)
    else:
        frame.to_csv(path, sep="\t" if ".tsv" in path.name else ",")
    return path


@COMMANDS
@MEMORY
@pytest.mark.parametrize("kind", ["csv", "tsv", "csv.gz", "parquet", "feather"])
def test_every_command_takes_every_table(run, tmp_path, A, command, memory, kind):
    frame = pd.DataFrame(A, columns=list("abcd"))
    path = write(frame, tmp_path / f"A.{kind}")
    out = tmp_path / "out.npz"
    code, text, err = run(*command, path, *memory, "-o", out)
    assert code == 0, err
    lines = text.splitlines()
    assert lines[0] == f"{path}: 200 rows × 4 features (float64)"
    assert lines[1] == "  columns: a, b, c, d"
    if kind not in ("parquet", "feather"):
        assert lines[2] == "  left out: (no name)"
        assert "without name is treated as the index" in lines[3]
    np.save(tmp_path / "A.npy", A)
    code, text, _ = run(*command, tmp_path / "A.npy", "-o", tmp_path / "whole.npz")
    assert text.splitlines()[0].endswith("A.npy: 200 rows × 4 features (float64)")
    with np.load(out) as found, np.load(tmp_path / "whole.npz") as expected:
        for name in ("s", "components", "means"):
            if name in expected:
                np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)


def test_names_that_pandas_gives_are_no_row(run, tmp_path, A):
    path, out = tmp_path / "A.csv", tmp_path / "out.npz"
    pd.DataFrame(A).to_csv(path, index=False)
    code, text, err = run("svd", path, "-k", 4, "-o", out)
    assert code == 0, err
    assert "the first line, 0, 1, 2, 3, is treated as column names" in text
    with np.load(out) as found:
        assert found["U"].shape == (200, 4)
        s = np.linalg.svd(A, compute_uv=False)
        np.testing.assert_allclose(found["s"], s, rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("--columns a,c", "a, c"),
        ("--columns b:", "b, c, d"),
        ("--index-column a", "b, c, d"),
        ("--header --index-column none --columns :b", "a, b"),
    ],
)
def test_columns_are_chosen(run, tmp_path, A, options, names):
    path = tmp_path / "A.csv"
    pd.DataFrame(A, columns=list("abcd")).to_csv(path, index=False)
    out = tmp_path / "out.npz"
    code, text, err = run(*SVD, path, *options.split(), "-o", out)
    assert code == 0, err
    assert f"columns: {names}\n" in text
    left_out = [name for name in "abcd" if name not in names]
    assert f"left out: {', '.join(left_out)}\n" in text
    with np.load(out) as found:
        chosen = A[:, ["abcd".index(name) for name in names.split(", ")]]
        s = np.linalg.svd(chosen, compute_uv=False)[:2]
        np.testing.assert_allclose(found["s"], s, rtol=1e-9)


def test_a_table_without_header_and_another_delimiter(run, tmp_path):
    path = tmp_path / "A.csv"
    path.write_text("0;1;2\n3;4;5\n7;7;9\n")
    out = tmp_path / "out.npz"
    arguments = (*SVD, path, "--delimiter", ";", "-o", out)
    code, _, err = run(*arguments)
    assert code == 2
    assert "--no-header" in err
    code, text, err = run(*arguments, "--no-header")
    assert code == 0, err
    assert "3 rows × 3 features" in text
    assert "columns: 0, 1, 2 (no header: they are numbered)" in text


def test_many_columns_are_shortened(run, tmp_path):
    frame = pd.DataFrame(np.eye(30), columns=[f"x{i}" for i in range(30)])
    path = write(frame, tmp_path / "A.feather")
    _, text, _ = run(*SVD, path, "-o", tmp_path / "out.npz")
    assert "columns: x0, x1, x2, x3, x4, …, x28, x29\n" in text


@MEMORY
def test_missing_values(run, tmp_path, A, memory):
    frame = pd.DataFrame(A, columns=list("abcd"))
    frame.loc[7, "c"] = np.nan
    path, out = tmp_path / "A.csv", tmp_path / "out.npz"
    frame.to_csv(path, index=False, na_rep="NA")
    for command in (SVD, GMM, (*NMF, "--missing", "none")):
        code, _, err = run(*command, path, *memory, "-o", out)
        assert code == 2
        assert "missing values, got one in row 7, column 'c'" in err
        assert not out.exists()
    options = ("--missing", "nan", "--solver", "mu")
    code, _, err = run(*NMF, *options, path, *memory, "-o", out)
    assert code == 0, err
    assert np.isfinite(np.load(out)["W"]).all()


ERRORS = {
    "city,a\nOslo,1\n": "column 'city': 'Oslo' is not a number",
    "a,b\n1,\n": "got one in row 0, column 'b'",
    'a,b\n1,"2,5"\n': "column 'b': '2,5' is not a number; decimal commas",
    "a;b\n1;2\n": "--delimiter ';'",
    "a,2019\n1,2\n": "--no-header",
}


@COMMANDS
@pytest.mark.parametrize(("text", "says"), ERRORS.items())
def test_errors_are_one_line_with_the_remedy(run, tmp_path, command, text, says):
    if "missing" in says and command[0] == "nmf":
        command = (*command, "--missing", "none")
    (tmp_path / "A.csv").write_text(text)
    code, out, err = run(*command, tmp_path / "A.csv", "-o", tmp_path / "out.npz")
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert not out
    assert [path.name for path in tmp_path.iterdir()] == ["A.csv"]


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--columns", "a"), "--columns must only be given with a table"),
        (("--no-header",), "--header must only be given with a table"),
        (("--index-column", "a"), "--index-column must only be given with a table"),
    ],
)
def test_options_are_for_tables(run, tmp_path, A, option, says):
    np.save(tmp_path / "A.npy", A)
    code, _, err = run(*SVD, tmp_path / "A.npy", *option, "-o", tmp_path / "out.npz")
    assert code == 2
    assert says in err


def test_sparse_matrices_of_anndata(run, tmp_path):
    h5py = pytest.importorskip("h5py")
    S = scipy.sparse.random(50, 9, 0.3, format="csr", random_state=0)
    path = tmp_path / "cells.h5ad"
    with h5py.File(path, "w") as file:
        for name in ("X", "layers/counts"):
            group = file.create_group(name)
            group.attrs.update({"encoding-type": "csr_matrix", "shape": S.shape})
            group["data"], group["indices"] = S.data, S.indices
            group["indptr"] = S.indptr
        file["elsewhere"] = h5py.ExternalLink("secret.h5", "/A")
    for source in (path, f"{path}::layers/counts"):
        out = tmp_path / "out.npz"
        code, text, err = run(*SVD, source, "-o", out, "--force")
        assert code == 0, err
        assert "50 rows × 9 features (float64, sparse)" in text
        s = np.linalg.svd(S.toarray(), compute_uv=False)[:2]
        np.testing.assert_allclose(np.load(out)["s"], s, rtol=1e-6)
    code, _, err = run(*SVD, f"{path}::elsewhere", "-o", tmp_path / "no.npz")
    assert code == 2
    assert "link to another file" in err
