"""A run from the commit on: asked for, followed in its log, ended, taken up again."""
