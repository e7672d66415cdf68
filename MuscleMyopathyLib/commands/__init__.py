"""The commands of the command line, one file each; cli.py loads the one that is called."""
