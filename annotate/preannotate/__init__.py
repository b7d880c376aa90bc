"""Preannotators: code that proposes entities, quotes and claims before people see a text."""
