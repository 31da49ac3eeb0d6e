"""Carries a run: its steps, their tries, and what is registered at its end."""
