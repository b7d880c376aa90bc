"""The bundled pipeline: a small trained encoder with rules around it; see model/MODEL_CARD.md."""
