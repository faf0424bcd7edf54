"""Recommenders: from a table of events to lists of items, and how good they are.

>>> from latentia.recommend import *
>>> events = {"user": ["ann", "ann", "bob", "bob", "cem"], "item": [1, 2, 1, 3, 1]}
>>> data = Interactions.from_frame(events)
>>> model = Popularity().fit(data)
>>> model.recommend(["cem"], n=2)[["user", "item", "rank"]]
  user  item  rank
0  cem     2     1
1  cem     3     2

``split`` divides events into some for training and some for testing, and
``evaluate_ranking`` compares models by them. ``search`` chooses parameters on held-out
events. A new model is a class derived from
``FactorRecommender`` (scores are inner products of factors) or ``ScoreRecommender``
(scores of all items from a user's events).
"""

from latentia.recommend.base import Recommender
from latentia.recommend.baselines import ItemKNN, Popularity
from latentia.recommend.ease import EASE
from latentia.recommend.evaluation import evaluate_ranking
from latentia.recommend.factor_model import FactorRecommender
from latentia.recommend.implicit_als import ImplicitALS
from latentia.recommend.interactions import Interactions
from latentia.recommend.ranking_evaluation import Metric, RankingEvaluation
from latentia.recommend.rating_als import RatingALS, RatingErrors
from latentia.recommend.score_model import ScoreRecommender
from latentia.recommend.search import search
from latentia.recommend.search_result import SearchResult
from latentia.recommend.split import HeldOutUsers, Split, split

__all__ = [
    "EASE",
    "FactorRecommender",
    "HeldOutUsers",
    "ImplicitALS",
    "Interactions",
    "ItemKNN",
    "Metric",
    "Popularity",
    "RankingEvaluation",
    "RatingALS",
    "RatingErrors",
    "Recommender",
    "ScoreRecommender",
    "SearchResult",
    "Split",
    "evaluate_ranking",
    "search",
    "split",
]
