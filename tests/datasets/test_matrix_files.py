"""Matrices from files of every kind, and every way they can be wrong."""

import io
import pickle
import zipfile

import numpy as np
import pytest
import scipy.io
from PIL import Image
from scipy import sparse

from latentia.datasets import load_matrix

RNG = np.random.default_rng(0)
DENSE = RNG.standard_normal((7, 5))
SPARSE = sparse.random_array((31, 9), density=0.1, format="csr", random_state=RNG)


def npy_bytes(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "u1", "i8", "?", ">f4"])
def test_npy(tmp_path, dtype):
    np.save(tmp_path / "a.npy", DENSE.astype(dtype))
    read = load_matrix(tmp_path / "a.npy")
    assert isinstance(read, np.memmap)
    assert read.dtype == dtype
    assert not read.flags.writeable
    np.testing.assert_array_equal(read, DENSE.astype(dtype))


def test_npy_in_fortran_order(tmp_path):
    np.save(tmp_path / "a.npy", np.asfortranarray(DENSE))
    np.testing.assert_array_equal(load_matrix(tmp_path / "a.npy"), DENSE)


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 3)])
def test_npy_images_become_rows(tmp_path, shape):
    images = RNG.integers(0, 256, shape, dtype=np.uint8)
    np.save(tmp_path / "a.npy", images)
    read = load_matrix(tmp_path / "a.npy")
    assert isinstance(read, np.memmap)
    np.testing.assert_array_equal(read, images.reshape(3, -1))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 5, 1), (5, 0, 3)])
def test_empty_npy_is_left_to_the_estimator(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.empty(shape))
    assert load_matrix(tmp_path / "a.npy").shape == (shape[0], np.prod(shape[1:]))


@pytest.mark.parametrize("ending", ["npy", "npz"])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(5.0),
        np.float64(3),
        np.zeros((2, 2, 2, 2, 2)),
        DENSE * 1j,
        np.array([["a"]]),
        np.zeros((2, 2), "M8[s]"),
        np.zeros((2, 2), "f4,f4"),
    ],
)
def test_what_is_not_a_real_matrix(tmp_path, array, ending):
    path = tmp_path / f"wrong.{ending}"
    np.save(path, array) if ending == "npy" else np.savez(path, array)
    with pytest.raises(ValueError, match=rf"wrong\.{ending} must hold a matrix"):
        load_matrix(path)


class Payload:
    """Its pickle calls ``print`` when it is loaded."""

    def __reduce__(self):
        return print, ("code has run",)


def test_pickles_are_refused(tmp_path, capsys):
    objects = np.array([[Payload()]], dtype=object)
    np.save(tmp_path / "wrong.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "wrong.npz", objects, allow_pickle=True)
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Payload()))
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Payload()))
    for name in ["wrong.npy", "wrong.npz", "bare.npy", "bare.npz"]:
        with pytest.raises(ValueError, match=name):
            load_matrix(tmp_path / name)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_dense_npz(tmp_path, save):
    path = tmp_path / "a.npz"
    for arrays in [
        {"whatever": DENSE},
        {"X": DENSE, "y": np.arange(7)},
        {"arr_0": DENSE, "mean": np.arange(5)},
        {"arr_0": DENSE + 1, "X": DENSE},
    ]:
        save(path, **arrays)
        np.testing.assert_array_equal(load_matrix(path), DENSE)


def test_npz_without_a_plain_choice_names_its_arrays(tmp_path):
    np.savez(tmp_path / "wrong.npz", left=DENSE, right=DENSE)
    with pytest.raises(ValueError, match=r"wrong\.npz.*left, right"):
        load_matrix(tmp_path / "wrong.npz")
    np.savez(tmp_path / "wrong.npz")
    with pytest.raises(ValueError, match=r"wrong\.npz.*0 arrays"):
        load_matrix(tmp_path / "wrong.npz")


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("interface", ["array", "matrix"])
def test_sparse_npz(tmp_path, kind, interface):
    written = getattr(sparse, f"{kind}_{interface}")(SPARSE)
    sparse.save_npz(tmp_path / "a.npz", written)
    read = load_matrix(tmp_path / "a.npz")
    assert type(read) is getattr(sparse, f"csr_{interface}")
    np.testing.assert_array_equal(read.toarray(), SPARSE.toarray())


@pytest.mark.parametrize("kind", ["csr", "csc"])
@pytest.mark.parametrize("index", [-1, 9999])
def test_sparse_indices_out_of_range(tmp_path, kind, index):
    wrong = SPARSE.asformat(kind).copy()
    wrong.indices[3] = index
    sparse.save_npz(tmp_path / "wrong.npz", wrong)
    with pytest.raises(ValueError, match=r"wrong\.npz"):
        load_matrix(tmp_path / "wrong.npz")


@pytest.mark.parametrize("name", [b"dok", b"csr_matrix.__init__"])
def test_unknown_sparse_format(tmp_path, name):
    np.savez(tmp_path / "wrong.npz", format=np.array(name), shape=[1, 1], data=[1])
    with pytest.raises(ValueError, match=r"wrong\.npz.*sparse format must be one of"):
        load_matrix(tmp_path / "wrong.npz")


def claim(shape):
    """A .npy header for `shape`, with hardly any data."""
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue() + bytes(64)


@pytest.mark.parametrize("shape", [(10**4, 10**4), (10**9, 10**9), (2**70, 2)])
def test_npy_that_claims_too_much(tmp_path, shape):
    (tmp_path / "wrong.npy").write_bytes(claim(shape))
    with pytest.raises(ValueError, match=r"wrong\.npy"):
        load_matrix(tmp_path / "wrong.npy")


@pytest.mark.parametrize("shape", [(10**4, 10**4), (10**9, 10**9), (2**70, 2)])
def test_npz_that_claims_too_much(tmp_path, shape):
    with zipfile.ZipFile(tmp_path / "wrong.npz", "w") as archive:
        archive.writestr("X.npy", claim(shape))
    with pytest.raises(ValueError, match=r"wrong\.npz"):
        load_matrix(tmp_path / "wrong.npz")


@pytest.mark.parametrize("kind", ["coo", "csr", "csc"])
def test_sparse_mtx(tmp_path, kind):
    scipy.io.mmwrite(tmp_path / "a.mtx", SPARSE.asformat(kind))
    read = load_matrix(tmp_path / "a.mtx")
    assert read.format == "csr"
    np.testing.assert_allclose(read.toarray(), SPARSE.toarray(), rtol=1e-14)


def test_dense_and_symmetric_mtx(tmp_path):
    gram = DENSE.T @ DENSE
    for dense in (DENSE, gram):
        scipy.io.mmwrite(tmp_path / "a.mtx", dense)
        np.testing.assert_allclose(load_matrix(tmp_path / "a.mtx"), dense, rtol=1e-14)
    scipy.io.mmwrite(tmp_path / "a.mtx", sparse.csr_array(gram))
    read = load_matrix(tmp_path / "a.mtx")
    np.testing.assert_allclose(read.toarray(), gram, rtol=1e-14)


@pytest.mark.parametrize("end", ["", " ", "\n", "\r\n", "\n\n", " % three", "\n \n"])
def test_any_end_of_mtx(tmp_path, end):
    for kind, body in [("coordinate", "2 2 2\n1 1 5\n2 2 3"), ("array", "1 2\n5\n3")]:
        text = f"%%MatrixMarket matrix {kind} real general\n{body}{end}"
        (tmp_path / "a.mtx").write_text(text, newline="")
        assert load_matrix(tmp_path / "a.mtx").sum() == 8


MTX = "%%MatrixMarket matrix coordinate real general\n"
WRONG_MTX = {
    "no header": "1 2 3\n",
    "cut": MTX + "3 3 2\n1 1 5.0\n",
    "out of range": MTX + "3 3 1\n4 1 5.0\n",
    "zero index": MTX + "3 3 1\n0 1 5.0\n",
    "text": MTX + "3 3 1\n1 1 five\n",
    "zero byte in a number": MTX + "3 3 1\n1 1 5.\x000\n",
    "zero byte at the end": MTX + "3 3 1\n1 1 5.0\0",
    "claims many entries": MTX + "3 3 4000000000\n1 1 5.0\n",
    "claims a dense giant": "%%MatrixMarket matrix array real general\n"
    "1000000 1000000\n1.0\n",
    "complex": MTX.replace("real", "complex") + "3 3 1\n1 1 5.0 1.0\n",
}


@pytest.mark.parametrize("text", WRONG_MTX.values(), ids=WRONG_MTX)
def test_wrong_mtx_is_named(tmp_path, text):
    (tmp_path / "wrong.mtx").write_text(text)
    with pytest.raises(ValueError, match=r"wrong\.mtx"):
        load_matrix(tmp_path / "wrong.mtx")


def test_pictures(tmp_path):
    colour = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    for pixels in (colour[..., 0], colour):
        Image.fromarray(pixels).save(tmp_path / "a.png")
        read = load_matrix(tmp_path / "a.png")
        assert read.dtype == np.float32
        expected = (pixels.reshape(5, -1) / 255).astype(np.float32)
        np.testing.assert_allclose(read, expected, rtol=1e-6)


def test_folder_of_pictures(tmp_path):
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        pixels = np.full((4, 6), 85 * number, np.uint8)
        Image.fromarray(pixels).save(tmp_path / str(number) / "a.png")
    read = load_matrix(tmp_path)
    assert read.dtype == np.float32
    assert read.shape == (3, 24)
    np.testing.assert_allclose(read[:, 0], [0, 1 / 3, 2 / 3], rtol=1e-6)


def test_missing_files(tmp_path):
    for name in ["a.npy", "a.npz", "a.mtx", "a.csv", "a.png", "folder", "a.xyz"]:
        with pytest.raises(FileNotFoundError, match=name):
            load_matrix(tmp_path / name)


@pytest.mark.parametrize("name", ["a.xyz", "noending", "a.pkl"])
def test_unknown_ending_lists_the_known(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"\.csv.*\.mtx.*\.npy.*\.npz.*\.png.*\.tsv"):
        load_matrix(tmp_path / name)


@pytest.mark.parametrize("ending", ["npy", "npz", "mtx", "png"])
@pytest.mark.parametrize("content", [b"", b"\0" * 200, b"junk\n" * 40, b"PK\x03\x04"])
def test_junk_is_named_in_one_line(tmp_path, ending, content):
    (tmp_path / f"wrong.{ending}").write_bytes(content)
    with pytest.raises(ValueError, match=rf"wrong\.{ending}") as caught:
        load_matrix(tmp_path / f"wrong.{ending}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_cut_files_are_named(tmp_path, ending, share):
    path = tmp_path / f"wrong.{ending}"
    np.save(path, DENSE) if ending == "npy" else np.savez(path, DENSE)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=rf"wrong\.{ending}"):
        load_matrix(path)


def test_wrong_offset_in_an_archive(tmp_path):
    path = tmp_path / "wrong.npz"
    np.savez(path, DENSE)
    content = bytearray(path.read_bytes())
    content[-6:-2] = b"\xff\xff\xff\x7f"  # where the list of members begins
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"wrong\.npz"):
        load_matrix(path)


def test_flipped_bytes_in_a_compressed_archive(tmp_path):
    path = tmp_path / "wrong.npz"
    np.savez_compressed(path, RNG.standard_normal((100, 100)))
    content = bytearray(path.read_bytes())
    content[5000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"wrong\.npz"):
        load_matrix(path)
