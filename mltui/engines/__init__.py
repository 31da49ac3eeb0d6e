"""Engines: the only room that starts containers or processes."""
