"""Recommenders: from a table of events to lists of items, and how good they are."""

from latentia.recommend.base import FactorRecommender, Recommender
from latentia.recommend.baselines import ItemKNN, Popularity
from latentia.recommend.ease import EASE
from latentia.recommend.evaluation import (
    Metric,
    RankingEvaluation,
    evaluate_ranking,
)
from latentia.recommend.interactions import Interactions
from latentia.recommend.score_model import ScoreRecommender
from latentia.recommend.split import HeldOutUsers, Split, split

__all__ = [
    "EASE",
    "FactorRecommender",
    "HeldOutUsers",
    "Interactions",
    "ItemKNN",
    "Metric",
    "Popularity",
    "RankingEvaluation",
    "Recommender",
    "ScoreRecommender",
    "Split",
    "evaluate_ranking",
    "split",
]
