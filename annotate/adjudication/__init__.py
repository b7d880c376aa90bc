"""From several annotators' annotations to one decided record per article, or to a list of what they dispute.

Position (what annotators meant as one thing) -> votes -> strategy -> accepted, rejected or disputed; every decision is
logged. Articles with disputes go to a reviewer, whose annotation is the decision.
"""

from __future__ import annotations

from annotate.adjudication.adjudicate import Adjudication, Decision, Dispute, DisputedArticle, adjudicate_annotations
from annotate.adjudication.review import apply_review, to_review
from annotate.adjudication.review_page import ReviewPage
from annotate.adjudication.strategies import RULES, Strategy, parse_strategy

__all__ = [
    "RULES",
    "Adjudication",
    "Decision",
    "Dispute",
    "DisputedArticle",
    "ReviewPage",
    "Strategy",
    "adjudicate_annotations",
    "apply_review",
    "parse_strategy",
    "to_review",
]
