"""``python -m MuscleMyopathyLib``: the command line where the command ``muscle-myopathy`` is not on the path."""

from MuscleMyopathyLib.cli import main

main()
