"""The sections about non-negative factors: what they say is what they found."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from latentia.datasets import make_ratings
from latentia.demo.collection import Collection
from latentia.demo.data import DemoData
from latentia.demo.sections.parts import Parts, section_parts
from latentia.demo.sections.ratings import (
    Completion,
    section_ratings,
    user_and_item_means,
)
from latentia.demo.sections.topics import Topics, agreement, section_topics


@pytest.fixture(scope="module")
def rows_and_columns() -> Collection:
    """Images that are sums of bars at any height, each of 6 × 5 pixels."""
    rng = np.random.default_rng(0)
    bars = np.zeros((4, 6, 5))
    bars[0, 0], bars[1, 2], bars[2, 3:5], bars[3, 5] = 1, 1, 1, 1
    images = np.tensordot(rng.integers(0, 256, (300, 4)), bars, axes=1)
    return Collection("bars", images.astype(np.uint8), np.arange(300) % 3)


def test_parts_are_scaled_and_sorted(rows_and_columns: Collection) -> None:
    found = Parts.find(rows_and_columns)
    assert found.parts.shape == found.eigen_images.shape == (16, 6, 5)
    assert found.parts.max() == pytest.approx(1)
    light = found.weights.sum(axis=0) * found.parts.sum(axis=(1, 2))
    assert list(light) == sorted(light, reverse=True)
    rebuilt = np.tensordot(found.weights, found.parts, axes=1)
    matrix = rows_and_columns.fold(rows_and_columns.matrix)
    error = np.linalg.norm(rebuilt - matrix) / np.linalg.norm(matrix)
    assert found.error == pytest.approx(error, rel=1e-2, abs=1e-5)
    assert found.error < 0.05


def test_error_of_pca_is_that_of_its_reconstruction(tiny_data: DemoData) -> None:
    from latentia import PCA

    dots = tiny_data.collections[-1]
    pca = PCA(16, random_state=0).fit(dots.matrix)
    rebuilt = pca.inverse_transform(pca.transform(dots.matrix))
    error = np.linalg.norm(dots.matrix - rebuilt) / np.linalg.norm(dots.matrix)
    assert Parts.find(dots).pca_error == pytest.approx(error, rel=1e-4)


def test_parts_tell_how_much_of_them_is_dark(rows_and_columns: Collection) -> None:
    found = Parts.find(rows_and_columns)
    bars = np.repeat(np.eye(6)[:, :, np.newaxis], 5, axis=2)
    assert replace(found, parts=bars).dark == pytest.approx(5 / 6)


def test_parts_tell_how_many_are_not_in_an_image(rows_and_columns: Collection) -> None:
    found = replace(Parts.find(rows_and_columns), weights=np.eye(4))
    assert found.absent == 3 / 4


def test_parts_section_has_a_row_and_two_pictures_a_collection(
    tiny_data: DemoData,
) -> None:
    section = section_parts(tiny_data)
    (table,) = section.tables
    assert [row[:2] for row in table.rows] == [["9 specks", "9"], ["31 dots", "16"]]
    names = [picture.name for picture in section.pictures]
    assert names == ["parts-specks", "sums-specks", "parts-dots", "sums-dots"]


@pytest.fixture
def topics(tiny_data: DemoData) -> Topics:
    return Topics.find(tiny_data.documents)


def test_topics_account_for_all_words(topics: Topics) -> None:
    assert topics.words.sum() == pytest.approx(topics.counts.sum(), rel=1e-4)
    sizes = topics.words.sum(axis=1)
    assert (np.diff(sizes) <= 1e-5 * sizes.max()).all()  # the largest first
    sums = topics.shares.sum(axis=1)
    np.testing.assert_allclose(sums, [1] * 27 + [0], atol=1e-6)
    assert topics.strongest[-1] == -1


def test_texts_of_one_craft_are_of_one_topic(topics: Topics) -> None:
    strongest = topics.strongest[:27].reshape(9, 3)
    assert (strongest == strongest[:, :1]).all()
    words = [*topics.top_words(int(strongest[0, 0]))]
    assert words[0] == "baking"
    assert {"bakingware", "bakingcraft"} <= set(words)
    assert topics.typical(int(strongest[0, 0])) == ["baking 0", "baking 1"]


def test_agreement_counts_texts_of_the_usual_topic(topics: Topics) -> None:
    groups = np.array(topics.documents.groups)
    # All but the one without words, whose group has no usual topic.
    assert agreement(topics, groups) == 27 / 28
    usual = np.bincount(topics.strongest[:27]).max()
    assert agreement(topics, np.array(["one"] * 28)) == usual / 28 < 1 / 2


def test_topics_section_counts_every_text_once(tiny_data: DemoData) -> None:
    (table,) = section_topics(tiny_data).tables
    assert sum(int(row[1]) for row in table.rows) == 27


def test_ratings_are_split_without_loss(tiny_data: DemoData) -> None:
    ratings = tiny_data.ratings.ratings
    found = Completion.of(ratings)
    assert found.held_out.nnz == 8
    assert found.observed.nnz == 72
    assert ((found.observed + found.held_out) != ratings).nnz == 0


def test_completion_beats_the_means_and_not_the_truth() -> None:
    made = make_ratings(400, 120, 12_000, noise=0.3, random_state=0)
    found = Completion.of(made.ratings)
    truth = made.expected(np.arange(400)[:, np.newaxis], np.arange(120))
    completed = found.nmf.inverse_transform(found.users)
    means = user_and_item_means(found.observed)
    errors = [found.error(p) for p in (truth, completed, means)]
    assert errors == sorted(errors)
    assert errors[1] < 0.9 * errors[2]
    qualities = [
        found.recommendation_quality(p, truth) for p in (means, completed, truth)
    ]
    assert qualities == sorted(qualities)
    assert qualities[-1] <= 5


def test_means_are_exact_where_nothing_is_damped_away() -> None:
    users, items = np.arange(200) % 5 - 2, np.arange(300) % 3 - 1
    full = 3 + 0.2 * users[:, np.newaxis] + 0.5 * items
    found = user_and_item_means(sparse.csr_array(full))
    # Five observations of zero among 200 or more.
    np.testing.assert_allclose(found, full, atol=0.03)


def test_recommendation_leaves_out_what_is_known(tiny_data: DemoData) -> None:
    found = Completion.of(tiny_data.ratings.ratings)
    known = found.observed.toarray() > 0
    truth = np.where(known, 5.0, 2.0)
    assert found.recommendation_quality(truth, truth) == 2.0


def test_ratings_section_judges_all_by_the_same_ratings(tiny_data: DemoData) -> None:
    section = section_ratings(tiny_data)
    judged, recommended = section.tables
    assert len(judged.rows) == 3
    assert judged.rows[1][0].startswith("NMF of rank ")
    scores = [float(row[1]) for row in recommended.rows]
    assert scores == sorted(scores, reverse=True)
    assert all(1 <= float(row[2]) <= 5 for row in recommended.rows)
