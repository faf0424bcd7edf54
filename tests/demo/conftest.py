import numpy as np
import pytest

from latentia.demo.data import Collection, DemoData, Workload


@pytest.fixture
def tiny_data() -> DemoData:
    """Less of everything than the sections would like: fewer rows than components."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (31, 6, 7), dtype=np.uint8)
    dots = Collection("dots", images, np.arange(31) % 4)
    specks = Collection("specks", images[:9, :3, :3], np.arange(9) % 2)
    photo = rng.integers(0, 256, (11, 9, 3), dtype=np.uint8)
    matrix = rng.standard_normal((33, 12), dtype=np.float32)
    return DemoData((specks, dots), photo, Workload(matrix, "Made for a test."))
