"""The command line ``muscle-myopathy``: one command per task, each in its own file under commands/.

Exit codes: 0 done; 1 the task failed, with what is wrong and what to do; 2 the command was called wrongly;
130 cancelled.
"""

from __future__ import annotations

from importlib import import_module

import click

from MuscleMyopathyLib import __version__

_COMMANDS = {
    "agreement": "Agreement of readers: ICC of features, Bland–Altman of measures, overlap of contours.",
    "associate": "Measures against groups (ROC), laboratory values, scores and the other side.",
    "card": "Show the card of a classifier's model package.",
    "case": "Measure one examination: images in; measures, report and Slicer scene out.",
    "classify-eular": "Classify cases by the 2017 EULAR/ACR criteria for inflammatory myopathies.",
    "cohort": "Features of many cases, or a simulated reader study; resumable, on one or many computers.",
    "compare": "Compare two classifiers on the same patients: DeLong, McNemar, bootstrap, decision curves.",
    "corrections": "Learn from corrected segmentations: accept, fine-tune, list versions, roll back.",
    "demo": "Run the whole path on the digital limb and leave a report to open.",
    "features": "Radiomics features of one case: images and label images in, CSV out.",
    "group-table": 'Describe a cohort\'s groups, variable by variable, with the test that fits ("Table 1").',
    "map-ff": "Fat-fraction map from gradient echoes, from water and fat, or from the scanner's map.",
    "map-t2": "T2 map from a spin-echo train, of all or of the water alone, or from the scanner's map.",
    "measure": "Measure a segmentation on a fat-fraction map, or on water and fat images.",
    "phantom": "Write the images and the truth of the digital limb.",
    "predict": "Classify cases by a model package, from features or straight from images.",
    "propagate": "Fill the slices between drawn ones, one muscle or all, guided by the image.",
    "readings": "Keep a reader study: list, import, lock and simulate readings.",
    "score": "Suggest Mercuri scores; compare, export and simulate readers' scores.",
    "segment": "Segment compartments or muscles, left and right; fill between drawn slices.",
    "segment-with": "Segment muscles by weights of others: MONAI bundle, nnU-Net v2, TorchScript, MuscleMap.",
    "series": "List what a folder of DICOM or NIfTI files holds, and what each series is.",
    "train": "Train a classifier on a cohort, validate it, and write a model package.",
    "train-segmentation": "Train the muscle network, or a 3D network of one muscle; resumable.",
    "transfer": "Carry labels to another series of the examination, with checks.",
    "validate": "Tell how well classifiers do on a cohort: paper and nested mode, side by side.",
}


class _CommandsOnUse(click.Group):
    """A group that imports a command's file when the command is called, so that help and start-up stay fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"MuscleMyopathyLib.commands.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_CommandsOnUse, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="muscle-myopathy")
def cli() -> None:
    """Quantitative muscle MRI in myopathies. For research; not a medical device.

    A first try: muscle-myopathy demo --output demo
    """


def main() -> None:
    """Run the command line and leave with its exit code."""
    cli(prog_name="muscle-myopathy")
