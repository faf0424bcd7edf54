"""
Topics of texts
===============

Which subjects do the docstrings of NumPy, SciPy and scikit-learn have? Count the words,
and factorise the counts with the Kullback–Leibler divergence.
"""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from latentia import NMF, datasets, plots

documents = datasets.load_docstrings()
counter = CountVectorizer(
    stop_words="english",
    token_pattern=r"\b[a-z]{3,}\b",
    min_df=10,
    max_df=0.15,
    dtype=np.float32,
)
counts = counter.fit_transform(documents.texts)
words = counter.get_feature_names_out()
nmf = NMF(8, solver="mu", beta_loss="kullback-leibler", tol=1e-3, random_state=0)
W = nmf.fit_transform(counts)

# %%
# W·H has as many words as the texts, so the product of a column of W and a row of H
# counts the words of a topic.

tops = {}
for i, topic in enumerate(nmf.components_ * W.sum(axis=0)[:, None]):
    best = topic.argsort()[:-7:-1]
    tops[f"topic {i + 1}"] = {words[j]: topic[j] for j in best}
bars = plots.topic_bars(tops)

# %%
# NMF does not know the modules of the texts. Texts of one module have the same topics.

per_text = W * nmf.components_.sum(axis=1)
shares = per_text / per_text.sum(axis=1, keepdims=True).clip(1e-9)
groups = np.array(documents.groups)
names, sizes = np.unique(groups, return_counts=True)
largest = names[np.argsort(-sizes)[:14]]
table = np.array([shares[groups == name].mean(axis=0) for name in largest])
heatmap = plots.share_heatmap(
    table, rows=list(largest), columns=[str(i + 1) for i in range(8)]
)
