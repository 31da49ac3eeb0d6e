"""A release, from its opening over the decision and its seal to its end."""
