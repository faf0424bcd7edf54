"""The section about lists from events: what it says is what it found."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from latentia.datasets import make_interactions
from latentia.demo.data import DemoData
from latentia.demo.sections.interactions import kinds, lists_of, section_interactions


def test_models_are_between_popularity_and_the_best_possible() -> None:
    made = make_interactions(400, 120, 9000, rank=2, random_state=0)
    found = lists_of(made)
    values = [found.metric(model, "ndcg").value for model in found.models]
    assert found.models[0] == "Popularity"
    assert values[0] == min(values)
    assert values[-1] == max(values)
    # The kinds, which the model has not seen, are directions of its factors.
    V, kind = found.als.item_factors_, kinds(made)
    V = V / np.linalg.norm(V, axis=1, keepdims=True)
    same = kind[:, None] == kind
    cosines = V @ V.T
    assert cosines[same].mean() > cosines[~same].mean() + 0.2


def test_the_table_has_the_metrics(tiny_data: DemoData) -> None:
    section = section_interactions(tiny_data)
    found = lists_of(tiny_data.interactions)
    (table,) = section.tables
    assert [row[0] for row in table.rows] == found.models
    for row, model in zip(table.rows, found.models, strict=True):
        assert row[2].startswith(f"{found.metric(model, 'ndcg').value:.3f} ± ")
    assert [picture.name for picture in section.pictures] == ["interactions-map"]
