"""Fat and oedema within a muscle."""

from __future__ import annotations

import numpy as np
import pytest

from MuscleMyopathyLib.phantom.disease import Involvement
from MuscleMyopathyLib.phantom.noise import Lattice
from MuscleMyopathyLib.phantom.texture import OEDEMA_T2_MS, REPLACED_SHARE, MuscleTexture
from MuscleMyopathyLib.phantom.tissues import MUSCLE_T2_MS


def content(
    fat: float = 0.0, oedema: float = 0.0, gradient: float = 0.0, level: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Return share of fat and T2 over many planes of a large muscle."""
    disease = Involvement(fat, oedema, gradient, texture_mm=4)
    texture = MuscleTexture(disease, Lattice(np.random.default_rng(0)), place=1, variation=0.0)
    across, along = np.meshgrid(np.arange(0, 150, 1.5), np.arange(0, 150, 1.5))
    planes = [texture.at(across, along, z, level) for z in np.arange(0, 400, 20.0)]
    return np.stack([plane[0] for plane in planes]), np.stack([plane[1] for plane in planes])


@pytest.mark.parametrize("fat", [0.1, 0.3, 0.6, 0.9])
def test_the_mean_share_of_fat_is_the_involvement(fat: float) -> None:
    base = content()[0].mean()
    assert content(fat)[0].mean() == pytest.approx(base + (REPLACED_SHARE - base) * fat, abs=0.03)


def test_fat_is_not_spread_evenly() -> None:
    share = content(0.4)[0]
    assert share.std() > 0.15
    assert ((share >= 0) & (share <= REPLACED_SHARE + 1e-6)).all()


def test_streaks_run_along_the_bundles() -> None:
    share = content(0.3)[0] - content(0.3)[0].mean()
    along, across = (np.mean(share[:, 2:] * share[:, :-2]), np.mean(share[:, :, 2:] * share[:, :, :-2]))
    assert along > 1.2 * across


def test_a_gradient_puts_the_fat_at_one_end() -> None:
    distal, proximal = (content(0.4, gradient=-1, level=level)[0].mean() for level in (0.0, 1.0))
    assert distal > proximal + 0.3


def test_oedema_lengthens_t2_and_leaves_the_fat() -> None:
    share, t2_ms = content(oedema=0.5)
    assert t2_ms.mean() == pytest.approx(MUSCLE_T2_MS + 0.5 * OEDEMA_T2_MS, abs=1)
    assert t2_ms.std() > 2
    np.testing.assert_array_equal(share, content()[0])
    assert (content()[1] == np.float32(MUSCLE_T2_MS)).all()
