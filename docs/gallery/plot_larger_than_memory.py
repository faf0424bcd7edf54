"""
A file that is larger than its memory
=====================================

``rows.open`` reads a file block by block. The result is the same up to rounding; the
smaller the blocks are, the more often a kernel starts.
"""

import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from latentia import PCA, datasets, rows

A = datasets.make_decaying(40_000, 200, random_state=0)
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "big.npy"
np.save(path, A)
print(f"{path.stat().st_size / 1e6:.0f} MB")

# %%
# The file is 32 MB. A budget of 1 MB means blocks of a sixteenth of it.

budgets = (1, 2, 4, 8, 16, 32, 64)
exact = PCA(10, random_state=0).fit(A).singular_values_
seconds, difference = [], []
for budget in budgets:
    X = rows.open(path, memory=f"{budget}MB")
    start = time.perf_counter()
    pca = PCA(10, random_state=0).fit(X)
    seconds.append(time.perf_counter() - start)
    difference.append(np.max(np.abs(pca.singular_values_ / exact - 1)))

print("largest relative difference from in memory:", max(difference))

figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.semilogx(budgets, seconds, "o-", base=2, color="#0b7285")
axes.axvline(32, color="#a9b4be", lw=1)
axes.annotate("size of the file ", (32, 0.2), ha="right", color="#64717f")
axes.set(xlabel="memory that may be used, MB", ylabel="seconds", ylim=(0, None))
axes.set_xticks(budgets, [str(budget) for budget in budgets])
plt.show()
folder.cleanup()
