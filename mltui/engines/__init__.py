"""Engines: the only room that starts containers or processes."""

from mltui.engines.choose import docker_answers, open_engine

__all__ = ["docker_answers", "open_engine"]
