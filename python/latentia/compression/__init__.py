"""Images compressed by factorisation: rows of pixels ≈ coordinates · components.

``blocks`` turns images into rows, ``svd`` and ``nmf`` find ``factors`` of them in whole
numbers, ``file_format`` writes those as ``streams``, ``compressing`` looks for the
smallest file; ``others`` is what PNG and JPEG make of the same images.
"""

from latentia.compression.compressed import CompressedImages, load
from latentia.compression.compressing import compress

__all__ = ["CompressedImages", "compress", "load"]
