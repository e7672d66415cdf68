"""The module in the batch console: what the panels do, on nodes and without a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from .parameter_node import MuscleMyopathyParameterNode


class MuscleMyopathyLogic(ScriptedLoadableModuleLogic):
    """The module in the batch console: on nodes, without a window.

    The parameters of each call and its errors stand in ``MuscleMyopathyLib.scene.console``.
    """

    def getParameterNode(self) -> MuscleMyopathyParameterNode:
        """Return the scene's parameter node."""
        return MuscleMyopathyParameterNode(super().getParameterNode())

    def fatFractionMap(self, waterNode: Any, fatNode: Any, **options: Any) -> Any:
        """Return a volume node with the fat fraction in percent."""
        from MuscleMyopathyLib.scene import console

        return console.fat_fraction_map(waterNode, fatNode, **options)

    def segment(self, volumeNodes: Any, method: str = "muscles", region: Any = None, **options: Any) -> Any:
        """Return a segmentation node; ``method`` is ``muscles`` (all volumes vote) or ``compartments``.

        Muscles come from the network in use on this machine, as in the panel, unless ``network`` names another.
        """
        from MuscleMyopathyLib.scene import console_segmentation

        from .segment_network import network_folder

        if method == "muscles":
            options.setdefault("network", network_folder())
        return console_segmentation.segment(volumeNodes, method, region, **options)

    def segmentWith(self, weights: Any, volumeNodes: Any, region: str, **options: Any) -> Any:
        """Return a segmentation node by weights of others: MONAI bundle, nnU-Net v2, TorchScript, MuscleMap."""
        from MuscleMyopathyLib.scene import console_segmentation

        return console_segmentation.segment_with(weights, volumeNodes, region, **options)

    def propagate(self, segmentationNode: Any, volumeNode: Any, **options: Any) -> Any:
        """Return a segmentation node with the slices between drawn ones filled, and a table node of its slices."""
        from MuscleMyopathyLib.scene import console_segmentation

        return console_segmentation.propagate(segmentationNode, volumeNode, **options)

    def importSegmentation(self, path: Any, volumeNode: Any = None, **options: Any) -> Any:
        """Return a segmentation node from ITK-SNAP, NIfTI, NRRD, MetaImage or DICOM SEG."""
        from MuscleMyopathyLib.scene import console_segmentation

        return console_segmentation.import_segmentation(path, volumeNode, **options)

    def exportSegmentation(self, segmentationNode: Any, path: Any, volumeNode: Any = None, **options: Any) -> Any:
        """Write a segmentation as label image with its label description, or as DICOM SEG; return the files."""
        from MuscleMyopathyLib.scene import console_segmentation

        return console_segmentation.export_segmentation(segmentationNode, path, volumeNode, **options)

    def acceptCorrection(
        self, segmentationNode: Any, volumeNodes: Any, case: str, region: str, library: Any = None
    ) -> Any:
        """Keep images with their corrected muscles to learn from; by default in the panel's library."""
        from MuscleMyopathyLib.scene import console_corrections

        from .segment_network import library_folder

        return console_corrections.accept_correction(
            library or library_folder(), segmentationNode, volumeNodes, case, region
        )

    def learnFromCorrections(self, library: Any = None, **options: Any) -> Any:
        """Fine-tune the network in use; return version, Dice before and after, and whether it is used."""
        from MuscleMyopathyLib.scene import console_corrections

        from .segment_network import library_folder

        return console_corrections.fine_tune(library or library_folder(), **options)

    def networkVersions(self, library: Any = None, tableNode: Any = None) -> Any:
        """Return a table node with a row per version of the network: figures, reason, which is in use."""
        from MuscleMyopathyLib.scene import console_corrections

        from .segment_network import library_folder

        return console_corrections.network_versions(library or library_folder(), tableNode)

    def useNetworkVersion(self, version: int, library: Any = None) -> Path:
        """Put a version of the network into use; return its folder."""
        from MuscleMyopathyLib.scene import console_corrections

        from .segment_network import library_folder

        return console_corrections.use_version(library or library_folder(), version)

    def wholeMuscle(self, compartmentsNode: Any, **options: Any) -> Any:
        """Return a segmentation node of the global muscle region of each side."""
        from MuscleMyopathyLib.scene import console

        return console.segment_whole_muscle(compartmentsNode, **options)

    def measureFatFraction(self, waterNode: Any, fatNode: Any, segmentationNode: Any, **options: Any) -> Any:
        """Return a table node with a row per structure and side."""
        from MuscleMyopathyLib.scene import console

        return console.measure_fat_fraction(waterNode, fatNode, segmentationNode, **options)

    def runCase(
        self, identifier: str, region: str, volumeNodes: Any, musclesNode: Any = None, **options: Any
    ) -> Any:
        """Measure a whole case and put its results into the scene; return its nodes."""
        from MuscleMyopathyLib.scene import console

        return console.run_case(identifier, region, volumeNodes, musclesNode, **options)

    def formAgreement(self, studyFolder: str, scale: str = "mercuri-modified", **options: Any) -> Any:
        """Return a table node of kappa per muscle and side, of two raters of a study of forms."""
        from MuscleMyopathyLib.scene import console_scoring

        return console_scoring.agreement_table(studyFolder, scale, **options)

    def extractFeatures(
        self, volumeNodes: Any, segmentationNode: Any, preset: Any = "recommended", **options: Any
    ) -> Any:
        """Return a table node of radiomics features, a row per sequence, structure and side."""
        from MuscleMyopathyLib.scene import console_features

        return console_features.extract_features(volumeNodes, segmentationNode, preset, **options)

    def classify(self, model: Any, volumeNodes: Any, segmentationNode: Any, **options: Any) -> dict[str, Any]:
        """Return table nodes of a model package's answer to a case: answer, contributions, features."""
        from MuscleMyopathyLib.scene import console_classifier

        return console_classifier.classify(model, volumeNodes, segmentationNode, **options)

    def classifyTable(self, model: Any, tableNode: Any, **options: Any) -> dict[str, Any]:
        """Return table nodes of a model package's answers to a table of features: answer, contributions."""
        from MuscleMyopathyLib.scene import console_classifier

        return console_classifier.classify_table(model, tableNode, **options)

    def validateClassifiers(self, tableNode: Any, outcome: str, recipe: Any, folder: Any, **options: Any) -> Any:
        """Validate a recipe's classifiers and write the report; return a table node of the figures."""
        from MuscleMyopathyLib.scene import console_validation

        return console_validation.validate(tableNode, outcome, recipe, folder, **options)

    def trainClassifier(
        self, tableNode: Any, outcome: str, recipe: Any, classifier: str, name: str, path: Any, **options: Any
    ) -> Any:
        """Validate and train a classifier, write its package; return a table node of the figures."""
        from MuscleMyopathyLib.scene import console_classifier

        return console_classifier.train(tableNode, outcome, recipe, classifier, name, path, **options)

    def agreement(self, tableNodes: Any, **options: Any) -> Any:
        """Return table nodes by name: ICC of every feature, the reliable ones, Bland–Altman of measures."""
        from MuscleMyopathyLib.scene import console_readings

        return console_readings.agreement(tableNodes, **options)

    def overlap(self, firstSegmentationNode: Any, secondSegmentationNode: Any, **options: Any) -> Any:
        """Return a table node of Dice, surface distances and volumes of two readings, a row per structure."""
        from MuscleMyopathyLib.scene import console_readings

        return console_readings.overlap(firstSegmentationNode, secondSegmentationNode, **options)

    def suggestScores(self, fatFractionNode: Any, segmentationNode: Any, **options: Any) -> Any:
        """Return a table node with a suggested modified Mercuri score per muscle and side."""
        from MuscleMyopathyLib.scene import console_scoring

        return console_scoring.suggest_scores(fatFractionNode, segmentationNode, **options)

    def score(self, studyFolder: str, case: str, reader: str, session: int, answers: Any, **options: Any) -> Any:
        """Score targets of a case by ``answers`` (code by target); return a table node of the form."""
        from MuscleMyopathyLib.scene import console_scoring

        return console_scoring.score(studyFolder, case, reader, session, answers, **options)

    def mapT2(
        self, echoNodes: Any, echoTimes: Any = (), method: str = "mono-exponential", **options: Any
    ) -> dict[str, Any]:
        """Return T2 maps of a spin-echo train as volume nodes by name; ``method`` may be ``water``."""
        from MuscleMyopathyLib.scene import console_qmri

        return console_qmri.map_t2(echoNodes, echoTimes, method, **options)

    def mapFatFraction(
        self, magnitudeNodes: Any, phaseNodes: Any, echoTimes: Any = (), **options: Any
    ) -> dict[str, Any]:
        """Return fat fraction, water, fat, field map and more of gradient echoes as volume nodes by name."""
        from MuscleMyopathyLib.scene import console_qmri

        return console_qmri.map_fat_fraction(magnitudeNodes, phaseNodes, echoTimes, **options)

    def transfer(self, segmentationNode: Any, fromNode: Any, toNode: Any, **options: Any) -> Any:
        """Carry structures to another series; return segmentation, transform, volumes and displacement."""
        from MuscleMyopathyLib.scene import console_qmri

        return console_qmri.transfer(segmentationNode, fromNode, toNode, **options)

    def measureMap(self, mapNode: Any, segmentationNode: Any, quantity: Any = None, **options: Any) -> Any:
        """Return a table node of a map (T2, water T2, R2*, fat fraction), a row per structure and side."""
        from MuscleMyopathyLib.scene import console_qmri

        return console_qmri.measure_map(mapNode, segmentationNode, quantity, **options)

    def associate(self, tableNode: Any, measures: Any, **options: Any) -> dict[str, Any]:
        """Return table nodes: groups (with ROC), laboratory values and scores, and the other side."""
        from MuscleMyopathyLib.scene import console_association

        return console_association.associate(tableNode, measures, **options)

    def roc(self, tableNode: Any, measure: str, group: str, **options: Any) -> Any:
        """Return table and chart node of how well a measure tells patients from controls."""
        from MuscleMyopathyLib.scene import console_association

        return console_association.roc(tableNode, measure, group, **options)

    def report(self, identifier: str, path: str) -> Path:
        """Write the report of a case in the scene."""
        from MuscleMyopathyLib.scene import console

        return console.write_case_report(identifier, path)
