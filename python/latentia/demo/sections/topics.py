"""The topics of a corpus of text, found by counting words."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from latentia import NMF
from latentia.datasets import Documents
from latentia.demo.data import DemoData
from latentia.plots import (
    Fact,
    Picture,
    Section,
    Table,
    percent,
    seconds,
    share_grid,
    topic_bars,
)

N_TOPICS = 12
N_WORDS = 8
N_EXAMPLES = 2
N_GROUPS = 30

Matrix = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Topics:
    """Topics of a corpus, the one that most words belong to first.

    Attributes
    ----------
    documents : Documents
    counts : csr_matrix of shape (n_documents, n_words)
        How often each document has each word.
    vocabulary : ndarray of str, shape (n_words,)
    words : ndarray of shape (k, n_words)
        How many of all the words each topic accounts for.
    shares : ndarray of shape (n_documents, k)
        Of a document's words, in 0..1; all zero for a document without words.
    fit_time : float
        Seconds that the NMF took.
    """

    documents: Documents
    counts: Any
    vocabulary: NDArray[np.str_]
    words: Matrix
    shares: Matrix
    fit_time: float

    @classmethod
    def find(cls, documents: Documents) -> Topics:
        """Count the words, and explain the counts by topics."""
        n = len(documents.texts)
        # What only a few texts have tells nothing about the others, and what every
        # seventh has tells what kind of text it is rather than what it is about.
        vectorizer = CountVectorizer(
            stop_words="english",
            token_pattern=r"\b[a-z]{3,}\b",
            min_df=min(10, max(1, n // 200)),
            max_df=0.15,
            dtype=np.float32,
        )
        counts = vectorizer.fit_transform(documents.texts)
        k = min(N_TOPICS, *counts.shape)
        nmf = NMF(
            k,
            solver="mu",
            beta_loss="kullback-leibler",
            tol=0,
            max_iter=100,
            random_state=0,
        )
        start = time.perf_counter()
        weights = nmf.fit_transform(counts)
        fit_time = time.perf_counter() - start
        # Kullback-Leibler's W·H has as many words as were counted: W's columns times
        # the sums of H's rows are how many words of each document are each topic's.
        per_document = weights * nmf.components_.sum(axis=1)
        order = np.argsort(-per_document.sum(axis=0), kind="stable")
        words = nmf.components_ * weights.sum(axis=0)[:, np.newaxis]
        total = per_document.sum(axis=1, keepdims=True)
        return cls(
            documents,
            counts,
            vectorizer.get_feature_names_out(),
            words[order],
            (per_document / np.where(total > 0, total, 1))[:, order],
            fit_time,
        )

    @property
    def strongest(self) -> NDArray[np.int64]:
        """The topic that each text has most of; -1 if it has no words."""
        topic: NDArray[np.int64] = self.shares.argmax(axis=1)
        topic[~self.shares.any(axis=1)] = -1
        return topic

    def top_words(self, topic: int) -> dict[str, float]:
        """Return the strongest words of a topic, with how many it accounts for."""
        weights = self.words[topic]
        strongest = np.argsort(-weights, kind="stable")[:N_WORDS]
        return {
            str(self.vocabulary[word]): float(weights[word])
            for word in strongest
            if weights[word] > 0
        }

    def typical(self, topic: int) -> list[str]:
        """Return the names of the texts with most words of a topic."""
        lengths = np.asarray(self.counts.sum(axis=1)).ravel()
        most = np.argsort(-self.shares[:, topic] * lengths, kind="stable")
        return [self.documents.names[text] for text in most[:N_EXAMPLES]]


def section_topics(data: DemoData) -> Section:
    """Find the topics of the demo's texts and hold them against where they are from."""
    topics = Topics.find(data.documents)
    n, n_words = topics.counts.shape
    k = len(topics.words)
    groups = np.array(data.documents.groups)
    shuffled = np.random.default_rng(0).permutation(groups)
    return Section(
        "Topics that nobody named",
        prose=[
            f"{n:,} texts that are on this machine anyway: the docstrings of NumPy, "
            "SciPy and scikit-learn. All that is left of each is how often it has each "
            f"of {n_words:,} words, without order or grammar. A topic is a list of "
            "words with weights, a text is a sum of topics, and both are chosen so "
            "that the counts become as likely as they can be: non-negative "
            "factorisation with the divergence of Kullback and Leibler.",
            "Which module a text is from was not told, so it can serve as a check: "
            "texts of one module should be about one thing. For "
            f"{percent(_agreement(topics, groups))} of the texts the strongest topic "
            "is also the commonest in their module. If the modules were dealt out at "
            f"random, it would be so for {percent(_agreement(topics, shuffled))}.",
        ],
        facts=[
            Fact(seconds(topics.fit_time), f"for {k} topics of {n:,} texts"),
        ],
        tables=[_table(topics)],
        pictures=[_words(topics), _modules(topics, groups)],
    )


def _agreement(topics: Topics, groups: NDArray[np.str_]) -> float:
    """Return the share of texts with the strongest topic that is usual in their group.

    Texts without a word are in no topic and agree with nothing.
    """
    strongest = topics.strongest
    agreeing = 0
    for group in np.unique(groups):
        found = strongest[(groups == group) & (strongest >= 0)]
        agreeing += int(np.bincount(found).max(initial=0))
    return agreeing / len(groups)


def _words(topics: Topics) -> Picture:
    bars, in_words = {}, []
    for topic, share in enumerate(topics.words.sum(axis=1) / topics.words.sum()):
        bars[f"{topic + 1} · {percent(share)}"] = words = topics.top_words(topic)
        in_words.append(f"{topic + 1}: {', '.join([*words][:3])}")
    return Picture(
        "topics",
        topic_bars(bars),
        caption="The words that each topic has most of, and its share of all the "
        "words. The topics have numbers, as nobody gave them names.",
        alt=f"{len(bars)} lists of words with bars. Their first words are: "
        f"{'; '.join(in_words)}.",
    )


def _modules(topics: Topics, groups: NDArray[np.str_]) -> Picture:
    sizes = Counter(groups.tolist())
    names = [name for name, _ in sizes.most_common(N_GROUPS)]
    shares = np.array([topics.shares[groups == name].mean(axis=0) for name in names])
    by_topic = np.lexsort((-shares.max(axis=1), shares.argmax(axis=1)))
    row, topic = np.unravel_index(shares.argmax(), shares.shape)
    return Picture(
        "topics-of-modules",
        share_grid(
            shares[by_topic],
            rows=[names[row] for row in by_topic],
            columns=[str(topic + 1) for topic in range(shares.shape[1])],
        ),
        caption="How much of a text of each module is about each topic, in percent, on "
        f"average over its texts; the {len(names)} modules with most of them.",
        alt=f"A grid of {len(names)} modules and {shares.shape[1]} topics. Most rows "
        f"have one dark cell; the darkest is topic {topic + 1} in {names[row]} with "
        f"{percent(shares.max())}.",
    )


def _table(topics: Topics) -> Table:
    return Table(
        "The texts whose strongest topic it is",
        ["Topic", "Texts", "Those with most of it"],
        [
            [
                f"{topic + 1} {', '.join([*topics.top_words(topic)][:2])}",
                f"{np.count_nonzero(topics.strongest == topic):,}",
                ", ".join(topics.typical(topic)),
            ]
            for topic in range(len(topics.words))
        ],
    )
