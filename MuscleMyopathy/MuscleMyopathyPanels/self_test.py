"""The module's self-test, which the application offers under Reload and Test and CTest runs."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleTest

from .logic import MuscleMyopathyLogic


class MuscleMyopathyTest(ScriptedLoadableModuleTest):
    """The self-test: the digital limb, whose fat fractions are known, measured in the scene."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    def runTest(self, **options: Any) -> None:
        """Run the self-test."""
        self.setUp()
        self.test_measured_fat_fractions_are_the_phantoms_own()

    def test_measured_fat_fractions_are_the_phantoms_own(self) -> None:
        """Every large muscle of the simulated patient is measured within 3 points of the truth."""
        from MuscleMyopathyLib.imaging.roles import Role
        from MuscleMyopathyLib.phantom.case import phantom_series
        from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern, Protocol
        from MuscleMyopathyLib.qmri.measures import measure_structures
        from MuscleMyopathyLib.scene.segmentations import segmentation_node_from
        from MuscleMyopathyLib.scene.tables import dataframe_from_table_node
        from MuscleMyopathyLib.scene.volumes import volume_node_from_image

        self.delayDisplay("Making the digital limb")
        few = Protocol(columns=320, rows=224, pixel_mm=(1.2, 1.0), thickness_mm=6, spacing_mm=24, slices=3)
        series, limb = phantom_series(LimbParameters(pattern=Pattern("LGMDR2"), protocol=few))
        water, fat = (
            volume_node_from_image(next(one for one in series if one.role is role).image, role.value, role=role)
            for role in (Role.WATER, Role.FAT)
        )
        muscles = segmentation_node_from(limb.muscles, "muscles", water)
        self.delayDisplay("Measuring")
        table = MuscleMyopathyLogic().measureFatFraction(water, fat, muscles)
        keys = ["structure", "side"]
        measured = dataframe_from_table_node(table).set_index(keys)
        true = measure_structures(limb.muscles, limb.fat_fraction_percent).volume.set_index(keys)
        large = true[true["volume_cm3"] > 20].index
        assert len(large) > 10
        difference = (measured["ff_mean_percent"] - true["ff_mean_percent"]).loc[large].abs()
        assert difference.max() < 3.0
        self.delayDisplay("Test passed")
