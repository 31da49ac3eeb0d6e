"""The detached process that carries runs and releases out, and takes them up again after a crash."""
