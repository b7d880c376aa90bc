"""Predictions to a server: a plan that is printed, then carried out, and the receipt that it leaves."""
