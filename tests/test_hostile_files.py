"""Files that are mutated at random: every loader gives numbers or a clean error.

A plain mutation loop with a fixed seed: flipped bits, extreme bytes and whole numbers,
ends too early, parts left out, doubled or swapped. No crash, no hang, no MemoryError;
where a file has a checksum, no other numbers than those that were written.
"""

import gzip
import signal
import struct
import warnings
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from PIL import Image

from latentia import NMF, PCA, GaussianMixture, TruncatedSVD
from latentia import rows as row_sources
from latentia.compression import compress, load
from latentia.datasets import load_image_folder, load_matrix, read_idx, read_image
from latentia.evaluation import ImageStatistics, image_statistics
from latentia.evaluation.features import PixelFeatures

X = np.random.default_rng(0).uniform(0, 1, (12, 3))
S = scipy.sparse.random_array(
    (9, 7), density=0.3, random_state=np.random.default_rng(0)
)
PICTURE = np.add.outer(3 * np.arange(30), np.arange(41)).astype(np.uint8)
SECONDS = 20


class Kind(NamedTuple):
    name: str  # of the file
    write: Callable[[Path], Any]
    read: Callable[[Path], Any]  # returns all numbers of the file
    checked: bool = False  # it has a checksum over all of them


def of_model(estimator):
    def read(path):
        found = type(estimator).load(path)
        return [np.asarray(v) for k, v in sorted(vars(found).items()) if k[-1] == "_"]

    estimator.fit(X)
    return Kind("a.safetensors", estimator.save, read, checked=True)


def checkpoint():
    torch = pytest.importorskip("torch")
    from latentia.generative.training import checkpoint

    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([True, False])}
    return Kind(
        "last.safetensors",
        lambda path: checkpoint.write_checkpoint(path, tensors, {"class": "GAN"}),
        lambda path: [t.numpy() for t in checkpoint.read_checkpoint(path)[0].values()],
        checked=True,
    )


def statistics():
    def read(path):
        found = ImageStatistics.load(path)
        return [np.asarray(value) for value in vars(found).values()]

    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8), dtype=np.uint8)
    kept = image_statistics(
        images, features=PixelFeatures(images), labels=[0, 1, 2] * 3, held_out=images
    )
    return Kind("a.safetensors", kept.save, read, checked=True)


def matrix(path):
    found = load_matrix(path)
    return [found.toarray() if scipy.sparse.issparse(found) else np.array(found)]


def of_matrix(name, write):
    return Kind(name, write, matrix)


def of_sparse(form):
    def write(path):
        scipy.sparse.save_npz(path, scipy.sparse.coo_array(S).asformat(form))

    return Kind("a.npz", write, matrix)


def idx(pack):
    data = b"\0\0\x08\x02" + struct.pack(">2I", *PICTURE.shape) + PICTURE.tobytes()
    return Kind(
        "a-idx2-ubyte", lambda p: p.write_bytes(pack(data)), lambda p: [read_idx(p)]
    )


def of_picture(ending):
    def write(path):
        Image.fromarray(PICTURE).save(path)

    return Kind(f"a.{ending}", write, lambda path: [read_image(path)])


def image_folder():
    def write(path):
        Image.fromarray(PICTURE).save(path)

    return Kind("a.png", write, lambda path: [load_image_folder(path.parent).images])


def image_zip():
    def write(path):
        Image.fromarray(PICTURE).save(path.with_name("b.png"))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path.with_name("b.png"), "cat/b.png")

    return Kind("a.zip", write, lambda path: [load_image_folder(path).images])


def parts():
    def read(path):
        found = row_sources.open(path.parent)
        return [row_sources.summarise(found, name=found.layout.name).mean]

    return Kind("part-1.npy", lambda path: np.save(path, X), read)


KINDS = {
    "GaussianMixture": lambda: of_model(GaussianMixture(2, random_state=0)),
    "NMF": lambda: of_model(NMF(2, tol=0, max_iter=3, random_state=0)),
    "PCA": lambda: of_model(PCA(2, random_state=0)),
    "TruncatedSVD": lambda: of_model(TruncatedSVD(2, random_state=0)),
    "checkpoint": checkpoint,
    "statistics": statistics,
    "lat": lambda: Kind(
        "a.lat",
        compress(PICTURE, 0.05, random_state=0).save,
        lambda path: [load(path).to_images()],
        checked=True,
    ),
    "npy": lambda: of_matrix("a.npy", lambda path: np.save(path, X)),
    "npz": lambda: of_matrix("a.npz", lambda path: np.savez_compressed(path, X=X)),
    "csr": lambda: of_sparse("csr"),
    "csc": lambda: of_sparse("csc"),
    "coo": lambda: of_sparse("coo"),
    "dia": lambda: of_sparse("dia"),
    "bsr": lambda: of_sparse("bsr"),
    "mtx": lambda: of_matrix("a.mtx", lambda path: scipy.io.mmwrite(path, S)),
    "dense mtx": lambda: of_matrix("a.mtx", lambda path: scipy.io.mmwrite(path, X)),
    "csv": lambda: of_matrix("a.csv", lambda p: np.savetxt(p, X, delimiter=",")),
    "idx": lambda: idx(bytes),
    "idx.gz": lambda: idx(gzip.compress),
    "png": lambda: of_picture("png"),
    "jpg": lambda: of_picture("jpg"),
    "tif": lambda: of_picture("tif"),
    "gif": lambda: of_picture("gif"),
    "images": image_folder,
    "zip": image_zip,
    "parts": parts,
}

EXTREMES = [
    *(struct.pack("<Q", value) for value in (2**63 - 1, 2**64 - 1, 2**40, 2**32)),
    *(struct.pack("<I", value) for value in (2**31 - 1, 2**32 - 1, 2**30, 2**16)),
    *(struct.pack(">I", value) for value in (2**31 - 1, 2**30)),
    *(text.encode() for text in ("99999999999", "-1", "1e999", "nan", "[", "{", '"')),
    b"\0" * 8,
    b"\xff" * 8,
]


def mutated(whole, rng):
    """Return other bytes."""
    data = bytearray(whole)
    for _ in range(rng.integers(1, 4)):
        # Headers are at the start; half of the mutations are there.
        end = min(len(data), 200) if rng.random() < 0.5 else len(data)
        a, b = sorted(map(int, rng.integers(0, max(1, end), 2)))
        kind = rng.integers(7)
        if kind == 0 and data:
            data[a] ^= 1 << int(rng.integers(8))
        elif kind == 1 and data:
            data[a] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, 0x20, 0x30, 0x39])
        elif kind == 2:
            extreme = EXTREMES[rng.integers(len(EXTREMES))]
            data[a : a + len(extreme)] = extreme
        elif kind == 3:
            del data[b:]
        elif kind == 4:
            del data[a:b]
        elif kind == 5:
            data[a:a] = data[a:b]
        else:
            data += rng.bytes(int(rng.integers(1, 20)))
    return bytes(data)


@contextmanager
def time_limit():
    def stop(*_):
        raise AssertionError(f"it took more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(kind, path, whole, expected, rng, n):
    """Read n mutations of a file; return how many were refused."""
    refused = 0
    for _ in range(n):
        data = mutated(whole, rng)
        path.write_bytes(data)
        try:
            with time_limit(), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = kind.read(path)
        except (ValueError, OSError) as error:
            assert path.parent.name in str(error), data  # noqa: PT017
            refused += 1
        else:
            if kind.checked:
                for one, other in zip(found, expected, strict=True):
                    np.testing.assert_array_equal(one, other, err_msg=repr(data))
    return refused


@pytest.mark.parametrize("n", [20, pytest.param(600, marks=pytest.mark.slow)])
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_mutations(tmp_path, make, n):
    kind = make()
    path = tmp_path / kind.name
    kind.write(path)
    whole = path.read_bytes()
    refused = attempt(kind, path, whole, kind.read(path), np.random.default_rng(n), n)
    assert refused >= (0.9 if kind.checked else 0) * n
