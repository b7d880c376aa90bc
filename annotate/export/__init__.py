"""Gold and predictions for other tools."""
