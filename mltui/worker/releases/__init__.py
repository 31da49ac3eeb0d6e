"""Carries a release through its stages, to the decision and from there on."""
