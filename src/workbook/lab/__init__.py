"""Experiments: arms, trials, scores with intervals, claims and their verdicts."""
