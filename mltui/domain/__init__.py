"""Values and decisions of the release manager: no I/O, no clock, no ids of its own making."""
