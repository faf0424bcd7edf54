"""What notebooks show: results as tables, estimators as boxes."""

from html.parser import HTMLParser

import numpy as np
import pytest
from rich.table import Table
from rich.text import Text

from latentia import PCA, cross_validate_rank, select_mixture
from latentia._html import html_table, rich_table
from latentia.evaluation import evaluate
from latentia.privacy import PrivacySpent, audit_membership
from latentia.privacy.records import Mechanism
from latentia.recommend import (
    ImplicitALS,
    Interactions,
    evaluate_ranking,
    search,
    split,
)

NASTY = "<script>alert('&')</script>"


class Cells(HTMLParser):
    """The tags of a text, and the words between them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.bold = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if "bold" in dict(attrs).get("style", ""):
            self.bold.append(len(self.words))

    def handle_data(self, data):
        self.words.append(data)


def test_text_is_escaped():
    text = html_table(NASTY, [NASTY], [[NASTY]], notes=[NASTY])
    assert "<script" not in text
    assert Cells(text).words == [NASTY] * 4


def test_tables_of_rich():
    table = Table("model", "score", title=NASTY, caption="note")
    table.add_row("a", Text("0.5", "bold"))
    table.add_row("[b]", "0.4", style="bold")
    found = Cells(rich_table(table))
    assert found.words == [NASTY, "model", "score", "a", "0.5", "[b]", "0.4", "note"]
    assert found.tags.count("b") == 1
    assert found.bold == [5]
    assert Cells(rich_table(Table("k"))).words == ["k"]


def images(seed):
    return np.random.default_rng(seed).integers(0, 256, (24, 8, 8), np.uint8)


def events():
    rng = np.random.default_rng(0)
    return Interactions.from_arrays(rng.integers(0, 12, 90), rng.integers(0, 9, 90))


def ranking():
    train, test = split(events(), random_state=0)
    return evaluate_ranking({NASTY: ImplicitALS(2).fit(train)}, train, test, k=(3,))


RESULTS = {
    "ranks": lambda: cross_validate_rank(
        np.random.default_rng(0).random((12, 6)), [1, 2], max_iter=5, random_state=0
    ),
    "mixtures": lambda: select_mixture(images(0)[:, 0, :2], range(1, 3), "diag"),
    "ranking": ranking,
    "search": lambda: search(
        ImplicitALS(random_state=0), events(), {"n_factors": [1, 2]}, metric="ndcg@3"
    ),
    "evaluation": lambda: evaluate(images(0), images(1), features="pixels"),
    "audit": lambda: audit_membership(images(0), images(0), images(1)),
    "privacy": lambda: PrivacySpent.of([Mechanism(NASTY, 1.0, 2.0)], 1e-6),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", RESULTS)
def test_results_say_in_html_what_they_print(name):
    result = RESULTS[name]()
    found = Cells(result._repr_html_())
    assert "table" in found.tags
    assert "script" not in found.tags
    printed = "".join(str(result).split())
    printed = printed.replace("<-best", "")
    cells = ["".join(word.split()) for word in found.words]
    told = [cell for cell in cells if cell in printed]
    # Headings and titles can differ, or are broken by rich; numbers do not.
    assert len(told) >= 0.6 * len(cells)
    assert [c for c in cells if "0." in c and len(c) < 18 and c not in printed] == []


def test_estimators_have_boxes():
    for estimator in (PCA(NASTY), ImplicitALS(3).fit(events())):
        text = estimator._repr_html_()
        assert type(estimator).__name__ in text
        assert NASTY not in text
