"""Rounds of kill -9 over every command that writes: afterwards the old state or the new one, and nothing lost."""
