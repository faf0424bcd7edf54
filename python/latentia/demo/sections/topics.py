"""Topics of a text corpus, found by NMF of word counts."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from latentia import NMF
from latentia._number_format import percent, seconds
from latentia.datasets import Documents
from latentia.demo.data import DemoData
from latentia.pages import Fact, Picture, Section, Table
from latentia.plots import share_heatmap, topic_bars

N_TOPICS = 12
N_WORDS = 8
N_EXAMPLES = 2
N_GROUPS = 30

Matrix = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Topics:
    """Topics of a corpus, those with the most words first.

    Attributes
    ----------
    documents : Documents
    counts : csr_matrix of shape (n_documents, n_words)
        Counts of the words in each document.
    vocabulary : ndarray of str, shape (n_words,)
    words : ndarray of shape (k, n_words)
        Number of words of the corpus that belong to each topic.
    shares : ndarray of shape (n_documents, k)
        Proportion of each topic in a document, in 0..1; zero without words.
    fit_time : float
        Seconds for the fit of the NMF.
    """

    documents: Documents
    counts: Any
    vocabulary: NDArray[np.str_]
    words: Matrix
    shares: Matrix
    fit_time: float

    @classmethod
    def find(cls, documents: Documents) -> Topics:
        """Count the words, and factorise the counts."""
        n = len(documents.texts)
        # Rare words say nothing about other texts; words in more than 15 % of the
        # texts describe the kind of text, not its subject.
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
        # With the Kullback-Leibler divergence WH sums to the number of words: W's
        # columns times the sums of H's rows are the words per document and topic.
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
        """The topic with the largest proportion in each text; -1 if it has no words."""
        topic: NDArray[np.int64] = self.shares.argmax(axis=1)
        topic[~self.shares.any(axis=1)] = -1
        return topic

    def top_words(self, topic: int) -> dict[str, float]:
        """Return the top words of a topic, with how often they occur in it."""
        weights = self.words[topic]
        strongest = np.argsort(-weights, kind="stable")[:N_WORDS]
        return {
            str(self.vocabulary[word]): float(weights[word])
            for word in strongest
            if weights[word] > 0
        }

    def typical(self, topic: int) -> list[str]:
        """Return the names of the texts with the most words of a topic."""
        lengths = np.asarray(self.counts.sum(axis=1)).ravel()
        most = np.argsort(-self.shares[:, topic] * lengths, kind="stable")
        return [self.documents.names[text] for text in most[:N_EXAMPLES]]


def section_topics(data: DemoData) -> Section:
    """Find the topics of the demo's texts, and compare them with the modules."""
    topics = Topics.find(data.documents)
    n, n_words = topics.counts.shape
    k = len(topics.words)
    groups = np.array(data.documents.groups)
    shuffled = np.random.default_rng(0).permutation(groups)
    return Section(
        "Topics of texts",
        prose=[
            f"The corpus has {n:,} texts: the docstrings of NumPy, SciPy and "
            "scikit-learn. Each text is represented by the counts of "
            f"{n_words:,} words. NMF with the Kullback–Leibler divergence "
            "approximates the counts of a text by a weighted sum of topics; a topic is "
            "a distribution over words.",
            "NMF does not use the module of a text, so the modules serve as a check: "
            "texts of one module should have the same topic. For "
            f"{percent(agreement(topics, groups))} of the texts the main topic is the "
            "most frequent one of their module. With modules assigned at random it is "
            f"{percent(agreement(topics, shuffled))}.",
        ],
        facts=[
            Fact(seconds(topics.fit_time), f"for {k} topics of {n:,} texts"),
        ],
        tables=[_table(topics)],
        pictures=[_words(topics), _modules(topics, groups)],
    )


def agreement(topics: Topics, groups: NDArray[np.str_]) -> float:
    """Return the fraction of texts with the most frequent main topic of their group.

    Texts without words have no topic and count as disagreement.
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
        caption="The top words of each topic, and the proportion of all words that "
        "belong to it.",
        alt=f"{len(bars)} lists of top words with bars. The first words are: "
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
        share_heatmap(
            shares[by_topic],
            rows=[names[row] for row in by_topic],
            columns=[str(topic + 1) for topic in range(shares.shape[1])],
        ),
        caption="Mean proportion of each topic in the texts of a module, in percent; "
        f"the {len(names)} modules with the most texts. A good model has few dark "
        "cells in a row.",
        alt=f"A heat map of {len(names)} modules and {shares.shape[1]} topics. Most "
        f"rows have one dark cell; the darkest is topic {topic + 1} in {names[row]} "
        f"with {percent(shares.max())}.",
    )


def _table(topics: Topics) -> Table:
    return Table(
        "Number of texts with each main topic, and the texts with the most words of it",
        ["Topic", "Texts", "Examples"],
        [
            [
                f"{topic + 1} {', '.join([*topics.top_words(topic)][:2])}",
                f"{np.count_nonzero(topics.strongest == topic):,}",
                ", ".join(topics.typical(topic)),
            ]
            for topic in range(len(topics.words))
        ],
    )
