"""The shipped demonstration models load at once, say that they are a phantom's, and know the digital limb."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from MuscleMyopathyLib.modeling.package.archive import load_model
from MuscleMyopathyLib.modeling.package.card import NOT_A_DEVICE, PHANTOM_TRAINING
from MuscleMyopathyLib.phantom.parameters import Pattern
from MuscleMyopathyLib.radiomics.extraction import DrawnRegions
from MuscleMyopathyLib.radiomics.presets import read_radiomics_preset
from MuscleMyopathyLib.resources import resource
from MuscleMyopathyLib.study.case_prediction import package_preset, predict_case
from MuscleMyopathyLib.study.feature_inputs import FeatureInputs
from MuscleMyopathyLib.study.simulated_designs import WEI_2023_DESIGN
from MuscleMyopathyLib.study.simulated_subjects import (
    STUDY_PROTOCOL,
    ReaderParameters,
    SimulatedSubject,
    simulated_examination,
)

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")
pytest.importorskip("skops", reason="needs skops: pip install muscle-myopathy[learning]")

MODELS = sorted(resource("Models").glob("demonstration-*.mmyo"))
LGMDR2_IMNM = resource("Models", "demonstration-lgmdr2-imnm.mmyo")


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_demonstration_model_is_small_and_marked_as_a_phantoms(path: Path) -> None:
    card = load_model(path).card
    assert path.stat().st_size < 100_000
    assert card.name == path.stem
    assert card.phantom
    assert card.notices == (NOT_A_DEVICE, PHANTOM_TRAINING)
    assert card.validated.endswith("nested, simulated cases")
    assert "Never for people: its patients are simulated." in card.limits
    assert {figure.mode for figure in card.figures} == {"paper", "nested"}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_demonstration_model_loads_within_a_second(path: Path) -> None:
    load_model(path)
    start = time.process_time()
    load_model(path)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_embedded_preset_is_the_shipped_one(path: Path) -> None:
    card = load_model(path).card
    assert package_preset(card).content_hash == read_radiomics_preset(card.preset.name).content_hash


def test_a_new_simulated_patient_gets_the_class_of_its_disease() -> None:
    patient = SimulatedSubject("phantom-LGMDR2-1001", Pattern.LGMDR2, 1001, (0.3, 0.3))
    (region,) = WEI_2023_DESIGN.within(["thigh"]).regions
    images, readings = simulated_examination(patient, region, STUDY_PROTOCOL, ReaderParameters())
    reading = DrawnRegions(readings[0].segmentation, "R1")
    inputs = FeatureInputs(images, (reading,), patient.identifier, str(region), phantom=True)
    answer = predict_case(load_model(LGMDR2_IMNM), [inputs]).answer.iloc[0]
    assert answer["predicted"] == answer["not_excluded"] == "LGMDR2"
    assert answer["p_LGMDR2"] > 0.8
