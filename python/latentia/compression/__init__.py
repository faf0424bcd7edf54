"""Image compression by factorisation: rows of pixels ≈ coordinates · components.

``blocks`` converts images to rows, ``svd`` and ``nmf`` find ``factors`` of them in
integers, ``file_format`` writes these as ``streams``, ``compressing`` searches the
smallest file, and ``png_jpeg`` compresses the same images as PNG and JPEG.
"""

from latentia.compression.compressed import CompressedImages, load
from latentia.compression.compressing import compress

__all__ = ["CompressedImages", "compress", "load"]
