"""Similar items: the rows of a matrix with the largest cosines to some of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from latentia._top_items import Items, Selection, top_of_product
from latentia.recommend.frame import as_frame
from latentia.recommend.ids import Array
from latentia.recommend.interactions import Interactions
from latentia.rows import Csr


def similar_table(
    vectors: Any, known: Interactions, items: Any, n: int, n_threads: int
) -> Any:
    """Return the table of ``Recommender.similar_items``."""
    columns = known.columns_of(items)
    found, cosines = most_similar(vectors, columns, min(n, known.shape[1]), n_threads)
    stored = found >= 0
    row, rank = np.nonzero(stored)
    return as_frame(
        {
            "item": known.items[columns[row]],
            "similar": known.items[found[stored]],
            "cosine": cosines[stored],
            "rank": rank + 1,
        }
    )


def most_similar(
    vectors: Any, columns: NDArray[np.int64], n: int, n_threads: int
) -> tuple[Items, Array]:
    """Return the n rows with the largest cosine to each of these rows."""
    own = Csr(
        np.arange(len(columns) + 1, dtype=np.int64),
        columns.astype(np.int64),
        np.ones(len(columns), dtype=vectors.dtype),
        vectors.shape[0],
    )
    if scipy.sparse.issparse(vectors):
        return _most_similar_sparse(vectors, columns, n)
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1)
    unit = (vectors / np.where(norms > 0, norms, 1.0)[:, None]).astype(vectors.dtype)
    items, cosines = top_of_product(
        np.ascontiguousarray(unit[columns]),
        np.ascontiguousarray(unit),
        Selection(n, own, None if norms.all() else np.flatnonzero(norms), n_threads),
    )
    without = norms[columns] == 0
    items[without], cosines[without] = -1, -np.inf
    return items, cosines.clip(None, 1.0)


def _most_similar_sparse(
    vectors: Any, columns: NDArray[np.int64], n: int
) -> tuple[Items, Array]:
    # Rows of at most 1: their squares are in range.
    largest = np.asarray(abs(vectors).max(axis=1).todense(), np.float64).ravel()
    vectors = vectors.tocsr().astype(np.float64)
    vectors.data /= np.repeat(largest, np.diff(vectors.indptr)).clip(min=5e-324)
    norms = np.sqrt(vectors.power(2).sum(axis=1))
    scale = scipy.sparse.diags_array(1 / np.where(norms > 0, norms, 1.0))
    unit = (scale @ vectors).tocsr()
    items = np.full((len(columns), n), -1, dtype=np.int64)
    cosines = np.full((len(columns), n), -np.inf)
    products = (unit[columns] @ unit.T).tocsr()
    for i, column in enumerate(columns):
        begin, end = products.indptr[i : i + 2]
        others, values = products.indices[begin:end], products.data[begin:end]
        kept = (others != column) & (values > 0)
        others, values = others[kept], values[kept]
        order = np.lexsort((others, -values))[:n]
        items[i, : len(order)] = others[order]
        cosines[i, : len(order)] = np.minimum(values[order], 1.0)
    return items, cosines
