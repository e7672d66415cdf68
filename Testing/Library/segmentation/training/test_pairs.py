"""Real images with labels as training pairs."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

torch = pytest.importorskip("torch")

from MuscleMyopathyLib.anatomy import Region, Side, Structure  # noqa: E402
from MuscleMyopathyLib.errors import GeometryError  # noqa: E402
from MuscleMyopathyLib.imaging.segmentation import Segmentation  # noqa: E402
from MuscleMyopathyLib.segmentation.network.classes import CLASSES, OTHER, class_index  # noqa: E402
from MuscleMyopathyLib.segmentation.training.cross_sections import CANVAS  # noqa: E402
from MuscleMyopathyLib.segmentation.training.pairs import augmented, pairs_of, unlabelled_in  # noqa: E402
from MuscleMyopathyLib.segmentation.training.synthesis import SynthesisParameters  # noqa: E402
from Testing.Library.segmentation.synthetic_legs import make_legs  # noqa: E402


def labelled_legs():
    """Return legs whose lateral half of the muscle is VL and medial half GR, by side."""
    legs = make_legs()
    columns = np.indices(legs.sides.shape)[2] * 2.0
    lateral = np.where(legs.sides == 2, columns < 100, columns > 300)
    labels = np.zeros(legs.sides.shape, np.uint8)
    structures = {}
    for side, number in ((Side.LEFT, 1), (Side.RIGHT, 2)):
        for code, where in (("VL", lateral), ("GR", ~lateral)):
            structure = Structure(code, side)
            structures[structure.label] = structure
            labels[legs.inside & (legs.sides == number) & where] = structure.label
    return legs, Segmentation.from_array(labels, structures, legs.water)


def test_both_legs_of_every_slice_become_views_with_the_lateral_muscle_at_the_same_side():
    legs, labels = labelled_legs()
    pairs = pairs_of({"T1w": legs.water, "STIR": legs.water}, labels, Region.THIGH)
    assert pairs.images.shape == pairs.labels.shape == (2 * 6 * 2, CANVAS, CANVAS)
    for named in pairs.labels:
        lateral, medial = (np.nonzero(named == class_index(code))[1].mean() for code in ("VL", "GR"))
        assert lateral < medial


def test_views_and_labels_lie_on_each_other():
    legs, labels = labelled_legs()
    pairs = pairs_of({"T1w": legs.water}, labels, Region.THIGH)
    muscle = pairs.images > 0.6
    assert 2 * (muscle & (pairs.labels != OTHER)).sum() / (muscle.sum() + (pairs.labels != OTHER).sum()) > 0.9


def test_slices_without_labels_are_left_out():
    legs, labels = labelled_legs()
    array = labels.array.copy()
    array[:4] = 0
    fewer = Segmentation.from_array(array, dict(labels.structures), legs.water)
    assert len(pairs_of({"T1w": legs.water}, fewer, Region.THIGH).images) == 2 * 2


def test_labels_on_another_grid_are_refused():
    legs, labels = labelled_legs()
    moved = sitk.Image(legs.water)
    moved.SetOrigin((0.0, 0.0, 0.0))
    with pytest.raises(GeometryError):
        pairs_of({"T1w": moved}, labels, Region.THIGH)


def test_labels_of_some_muscles_say_nothing_of_tissues_and_other_muscles():
    unlabelled = unlabelled_in({"VL", "GR", "OTHER"})
    assert {"AIR", "SAT", "BONE", "AL"} <= set(unlabelled)
    assert not {"VL", "GR", "OTHER"} & set(unlabelled)
    assert set(unlabelled) | {"VL", "GR", "OTHER"} == set(CLASSES)


def test_augmentation_moves_image_and_labels_together():
    legs, labels = labelled_legs()
    pairs = pairs_of({"T1w": legs.water}, labels, Region.THIGH)
    images, classes = augmented(
        torch.from_numpy(pairs.images[:4]),
        torch.from_numpy(pairs.labels[:4]),
        SynthesisParameters(),
        torch.Generator().manual_seed(3),
    )
    assert images.shape == (4, 1, 160, 160)
    for image, named in zip(images[:, 0], classes, strict=True):
        muscle = named != OTHER
        assert muscle.any()
        assert float(image[muscle].mean()) > 2 * float(image[~muscle].mean())
    assert set(classes.unique().tolist()) == {OTHER, class_index("VL"), class_index("GR")}
