"""One module per subcommand of ``vibejam``, with ``add_arguments`` and ``run``."""
