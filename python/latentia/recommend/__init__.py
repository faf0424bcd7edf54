"""Recommenders: from a table of events to lists of items, and how good they are."""

from latentia.recommend.base import FactorRecommender, Recommender
from latentia.recommend.interactions import Interactions

__all__ = ["FactorRecommender", "Interactions", "Recommender"]
