"""How far annotators agree, per layer and label, by the scorer's measures and by chance-corrected coefficients."""

from __future__ import annotations

from annotate.agreement.measure import Agreement, agree
from annotate.agreement.report import describe_agreement

__all__ = ["Agreement", "agree", "describe_agreement"]
