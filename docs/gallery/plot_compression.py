"""
Smaller files than JPEG
=======================

``compress`` stores blocks of images as products of small factors. At the same error its
files are smaller than JPEG for many small images of one kind, and for a photo at small
errors.
"""

import io

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from latentia import compress, datasets


def jpeg(image, quality):
    """Return the size of a JPEG file, and its relative error."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=0)
    again = np.asarray(Image.open(file), float)
    return file.tell(), np.linalg.norm(again - image) / np.linalg.norm(image * 1.0)


photo = datasets.load_photo("flower")[50:306, 150:406]
digits = datasets.load_digits().images[: 42 * 42]
sheet = digits.reshape(42, 42, 8, 8).swapaxes(1, 2).reshape(336, 336)
pairs = {"a photo": (photo, photo), "1764 digits": (digits, sheet)}
errors = (0.02, 0.03, 0.05, 0.08, 0.12)

# %%
# The curves show how many times smaller than raw pixels the files are. For JPEG the
# digits are one large image.

figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for panel, (name, (images, picture)) in zip(panels, pairs.items(), strict=True):
    ours = [compress(images, error=error) for error in errors]
    theirs = [jpeg(picture, quality) for quality in (98, 95, 90, 80, 65, 45, 25)]
    x = [100 * one.error for one in ours]
    panel.plot(x, [one.ratio for one in ours], "o-", color="#0b7285", label="latentia")
    x = [100 * error for _, error in theirs]
    y = [images.nbytes / size for size, _ in theirs]
    panel.plot(x, y, "s-", color="#c2570c", label="JPEG")
    panel.set(title=name, xlabel="relative error, %", ylabel="× smaller than raw")
    panel.set(xlim=(0, 13), ylim=(1, 80), yscale="log")
    panel.set_yticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    panel.minorticks_off()
panels[0].legend(frameon=False)
plt.show()
