"""mltui, a terminal release manager for machine-learning models.

The rooms, each importing only from those to its right:

    tui | cli → worker → operations → workspace → registry | store | engines | analysis
        → config → domain → processes | errors | bands | pooling

    errors      the error tree
    bands       how a number becomes a group, in step containers and here alike
    pooling     which of very many groups are told together, likewise
    processes   who is alive, according to /proc
    domain      values and decisions: no I/O, no clock
    config      mltui.toml and policy.toml as frozen values
    analysis    numbers over evaluation tables
    registry    the only room that speaks SQL
    store       content-addressed blobs and trees
    engines     the only room that starts containers or processes
    workspace   opens everything above as one value
    operations  one verb per file: the only door for the command line and the screens
    worker      the detached process that carries runs and releases out
    cli         the command line: parser, output, diagnostics
    steps       programs that run inside step containers
    serving     the program inside a serving container, and the gateway's configuration
    templates   what `init` lays down, and the Dockerfiles of the steps
"""

__version__ = "0.1.0"
