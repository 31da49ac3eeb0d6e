"""The program inside a serving container, and the gateway's configuration."""
