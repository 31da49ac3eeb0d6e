"""The console: screens over the same operations as the command line. It decides nothing and writes nothing itself."""
