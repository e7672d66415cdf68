"""What the module keeps with the scene: its choices, saved and loaded with it."""

from __future__ import annotations

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode, vtkMRMLTableNode
from slicer.parameterNodeWrapper import parameterNodeWrapper


@parameterNodeWrapper
class MuscleMyopathyParameterNode:
    """What the module keeps with the scene.

    caseIdentifier - Pseudonym of the case; stands on its folder, volumes and results.
    reader, session - Who reads, and which reading of that reader.
    region - Limb segment: thigh or calf.
    step - Name of the panel shown.
    quantity - What is measured: "ff", "t2", "water_t2" or "r2star".
    source - What it comes from: "water and fat", "map" or "echoes".
    water, fat, fatFractionMap, t2Map, r2starMap - Input volumes.
    spinEchoes, gradientEchoes, phaseEchoes - The first volume of a train of echoes.
    fieldStrengthTesla - Of the scanner, for gradient echoes; 0 as the files say.
    muscles - Segmentation of muscles, if there is one.
    refineTransfer - Whether a transfer of structures to another series aligns the images rigidly.
    sameSpace - The user's word that two series share their space.
    erosionMm - How far structures are eroded before they are measured.
    preset - Changed parameters as YAML; empty for the defaults.
    segmentMethod - How structures are found: "muscles", "compartments", "weights" or "propagate".
    segmentLeftOut - Structures not looked for, with commas between.
    segmentWeights, segmentTrust - Weights of others, and the user's word that they may run.
    segmentDrawn, segmentDrawnSlices - What propagation starts from, and the slices to trust.
    segmentSide - The side of the one leg in the images: "left" or "right"; "both" finds the legs.
    segmentErosionMm - How far the structure at hand is eroded by its button.
    segmentation - What the panel Segment lists and edits.
    resultFolder - Where the last run left its files.
    featureSegmentation - Structures that radiomics features are extracted of.
    featurePreset, featurePresetText - Name of the preset; its text where it is not a shipped one as it is.
    featureSlices - Which slices: empty as the preset says, "all", "levels:proximal,distal" or "numbers:3, 7".
    studyFolder - Folder of the reader study.
    scoreScale - Identifier of the scale that is scored.
    readingSegmentation - What the reader draws in the session at hand.
    classifyModel - Model package: a file, or "shipped:" and its name.
    classifySegmentation, classifyTable - What is classified: structures drawn on the case's images, or a table.
    classifyOtherSegmentation - What is drawn on the other limb segment, for a model of thigh and calf.
    cohortTable, cohortFile - The cohort of a study: a table of the scene, or a file.
    cohortParticipants, cohortReadings - Files: the patients with their outcome; features of all readings.
    cohortScores - File: scores of a reading form as further features.
    cohortExternal, cohortExternalPatients - Files of another cohort to test on: features; patients with outcome.
    cohortOutcome - Column of the outcome.
    cohortRecipe - Name or file of the recipe.
    """

    caseIdentifier: str = "case-1"
    reader: str = ""
    session: int = 1
    region: str = "thigh"
    step: str = "case"
    quantity: str = "ff"
    source: str = "water and fat"
    water: vtkMRMLScalarVolumeNode
    fat: vtkMRMLScalarVolumeNode
    fatFractionMap: vtkMRMLScalarVolumeNode
    t2Map: vtkMRMLScalarVolumeNode
    r2starMap: vtkMRMLScalarVolumeNode
    spinEchoes: vtkMRMLScalarVolumeNode
    gradientEchoes: vtkMRMLScalarVolumeNode
    phaseEchoes: vtkMRMLScalarVolumeNode
    fieldStrengthTesla: float = 0.0
    muscles: vtkMRMLSegmentationNode
    refineTransfer: bool = False
    sameSpace: bool = False
    erosionMm: float = 0.0
    preset: str = ""
    segmentMethod: str = "muscles"
    segmentLeftOut: str = ""
    segmentWeights: str = ""
    segmentTrust: bool = False
    segmentDrawn: vtkMRMLSegmentationNode
    segmentDrawnSlices: str = ""
    segmentSide: str = "both"
    segmentErosionMm: float = 2.0
    segmentation: vtkMRMLSegmentationNode
    resultFolder: str = ""
    featureSegmentation: vtkMRMLSegmentationNode
    featurePreset: str = "recommended"
    featurePresetText: str = ""
    featureSlices: str = ""
    studyFolder: str = ""
    scoreScale: str = "mercuri-modified"
    readingSegmentation: vtkMRMLSegmentationNode
    classifyModel: str = ""
    classifySegmentation: vtkMRMLSegmentationNode
    classifyOtherSegmentation: vtkMRMLSegmentationNode
    classifyTable: vtkMRMLTableNode
    cohortTable: vtkMRMLTableNode
    cohortFile: str = ""
    cohortParticipants: str = ""
    cohortReadings: str = ""
    cohortScores: str = ""
    cohortExternal: str = ""
    cohortExternalPatients: str = ""
    cohortOutcome: str = ""
    cohortRecipe: str = "recommended"
