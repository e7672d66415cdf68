"""Time of each stage of the case pipeline on the digital limb, thigh and calf."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from MuscleMyopathyLib.anatomy import Region
from MuscleMyopathyLib.phantom.parameters import LimbParameters, Pattern
from MuscleMyopathyLib.report.html import write_report
from MuscleMyopathyLib.study.phantom_case import phantom_case
from MuscleMyopathyLib.study.pipeline import run_case
from MuscleMyopathyLib.study.results import write_results


def main() -> None:
    """Run the benchmark."""
    for region in Region:
        start = time.perf_counter()
        case = phantom_case(LimbParameters(region=region, pattern=Pattern.LGMDR2))
        stages = {"simulating the limb": time.perf_counter() - start}
        result = run_case(case)
        stages |= result.provenance["seconds"]
        with TemporaryDirectory() as folder:
            start = time.perf_counter()
            write_results(result, Path(folder))
            stages["writing the results"] = time.perf_counter() - start
            start = time.perf_counter()
            write_report(result, Path(folder) / "report.html")
            stages["report"] = time.perf_counter() - start
        size = " × ".join(str(n) for n in case.series[0].image.GetSize())
        print(f"{region}, {size}:")
        whole = sum(stages.values())
        for name, seconds in stages.items():
            print(f"  {name:<22} {seconds:6.2f} s  {100 * seconds / whole:3.0f} %")


if __name__ == "__main__":
    main()
