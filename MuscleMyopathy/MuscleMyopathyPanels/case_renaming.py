"""What becomes of a case under another pseudonym: the scene follows, readings on disk keep theirs."""

from __future__ import annotations

from slicer.i18n import tr as _

from MuscleMyopathyLib.errors import MuscleMyopathyError


def readings_left_behind(study_folder: str, case: str) -> str:
    """Return in words which readings of a study stay under the old name of a case; empty where there are none.

    A locked reading is sealed with its case, and an open one belongs to its reader: neither is renamed behind
    their backs.
    """
    from MuscleMyopathyLib.reproducibility.reading_study import ReadingStudy

    try:
        readings = [one for one in ReadingStudy(study_folder).readings() if one.case == case]
    except (MuscleMyopathyError, OSError):
        # A study that cannot be read is said where it is used.
        return ""
    if not readings:
        return ""
    return _(
        "{count} readings and forms stay under the name {case} in {folder}: they are kept as they were read. "
        "Give the case its old name to go on with them."
    ).format(count=len(readings), case=case, folder=study_folder)
