"""What `init` lays down, and the Dockerfiles of the steps."""
