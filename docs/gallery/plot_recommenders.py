"""
Recommenders compared, with intervals
=====================================

Six models rank all items for each of 1000 users; a fifth of each user's items is held
out. The intervals are bootstrap intervals over users. A model that is not better than
popularity is of no use.
"""

import matplotlib.pyplot as plt

from latentia.datasets import make_interactions
from latentia.recommend import (
    EASE,
    ImplicitALS,
    ItemKNN,
    Popularity,
    evaluate_ranking,
    split,
)

made = make_interactions(1000, 400, 20_000, random_state=0)
train, test = split(made.matrix, "per-user", random_state=0)
models = {
    "popularity": Popularity(),
    "similar items": ItemKNN(),
    "EASE": EASE(),
    "ALS, 8 factors": ImplicitALS(8, random_state=0),
    "ALS, 64 factors": ImplicitALS(64, random_state=0),
    "the same, low penalty": ImplicitALS(64, regularization=0.01, random_state=0),
}
for model in models.values():
    model.fit(train)
found = evaluate_ranking(models, train, test, k=20)

# %%
# Sixty-four factors are many for twenty events a user, but the penalty, which follows
# the number of events, lets those vanish that are weaker than noise. With a much lower
# one they stay.

figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for place, name in enumerate(models):
    for metric, colour, shift in (
        ("recall@20", "#0b7285", 0.12),
        ("ndcg@20", "#c2570c", -0.12),
    ):
        one = found.metrics[name][metric]
        axes.plot([one.low, one.high], [place + shift] * 2, color=colour, lw=2)
        label = metric if place == 0 else None
        axes.plot(one.value, place + shift, "o", color=colour, label=label)
axes.set_yticks(range(len(models)), list(models))
axes.set_ylim(-0.5, len(models) - 0.5)
axes.set(xlabel="larger is better; 95 % interval over users", xlim=(0, None))
axes.legend(frameon=False, loc="lower left")
plt.show()
