"""Takes away what nothing needs any more: what that is, what it weighs, and how it goes without harm to work under way.

Nothing is taken that is young, pinned, or named by an environment's way back; and never evidence, approvals or events.
"""
