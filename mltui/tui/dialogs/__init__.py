"""Dialogs: each a modal screen with one answer."""
