"""train, card and predict on the command line, from files to files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from MuscleMyopathyLib.cli import cli
from MuscleMyopathyLib.imaging.files import write_image
from MuscleMyopathyLib.modeling.inference.prediction import predict
from MuscleMyopathyLib.modeling.package.archive import load_model, save_model
from MuscleMyopathyLib.radiomics.feature_table import fused_table
from Testing.Library.study.tiny_model import (
    PATIENTS,
    examination,
    thigh_and_calf_package,
    tiny_features,
    tiny_preset,
)

pytest.importorskip("radiomics", reason="needs PyRadiomics: pip install muscle-myopathy[radiomics]")
pytest.importorskip("skops", reason="needs skops: pip install muscle-myopathy[learning]")

RECIPE = """\
steps: [z-score]
classifiers: [LR, LDA]
validation: {scheme: repeated-k-fold, folds: 2, repeats: 2}
"""


def call(*arguments: Any) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a cohort, a recipe and the model trained on them."""
    folder = tmp_path_factory.mktemp("training")
    preset = tiny_preset()
    fused_table(tiny_features()).drop(columns="problem").to_csv(folder / "features.csv", index=False)
    record = {
        "preset": preset.name,
        "preset_sha256": preset.content_hash,
        "parameters": preset.to_mapping(),
        "phantom": True,
    }
    (folder / "features.json").write_text(json.dumps(record), encoding="utf-8")
    groups = ["bright" if number % 2 else "dark" for number in range(PATIENTS)]
    names = [f"case-{number:02d}" for number in range(PATIENTS)]
    participants = pd.DataFrame({"participant_id": names, "group": groups})
    participants.to_csv(folder / "participants.tsv", sep="\t", index=False)
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    result = train(folder, folder / "tiny.mmyo")
    assert result.exit_code == 0, result.output
    return folder


def train(folder: Path, output: Path, *options: Any) -> Result:
    return call(
        *("train", folder / "features.csv", "--outcomes", folder / "participants.tsv", "--outcome", "group"),
        *(
            "--recipe",
            folder / "recipe.yaml",
            "--classifier",
            "LR",
            "--name",
            "tiny",
            "--output",
            output,
            *options,
        ),
    )


def test_train_writes_the_package_its_card_and_the_report_of_both_modes(files: Path) -> None:
    card = load_model(files / "tiny.mmyo").card
    assert {figure.mode for figure in card.figures} == {"paper", "nested"}
    assert card.phantom
    assert card.population.structures == ("MUSCLE both",)
    assert card.preset.sha256 == tiny_preset().content_hash
    assert "Digital phantom" in (files / "tiny.html").read_text(encoding="utf-8")
    for name in ("report.html", "paper/predictions.csv", "nested/predictions.csv", "optimism.csv"):
        assert (files / "tiny-validation" / name).is_file()


def test_training_again_with_the_same_seed_gives_the_same_model(files: Path, tmp_path: Path) -> None:
    assert train(files, tmp_path / "again.mmyo").exit_code == 0
    first, second = load_model(files / "tiny.mmyo"), load_model(tmp_path / "again.mmyo")
    assert first.card.features == second.card.features
    assert first.card.figures == second.card.figures
    assert (first.model[-1].coef_ == second.model[-1].coef_).all()


def test_card_prints_the_card_and_writes_the_page(files: Path, tmp_path: Path) -> None:
    result = call("card", files / "tiny.mmyo", "--output", tmp_path / "card.html")
    assert result.exit_code == 0
    assert "Not a medical device" in result.output
    assert "Trained on simulated data" in result.output
    assert "nested: AUC" in result.output
    assert (tmp_path / "card.html").is_file()


def test_predict_classifies_a_table_with_the_figures_and_notices_beside(files: Path, tmp_path: Path) -> None:
    result = call("predict", files / "tiny.mmyo", "--table", files / "features.csv", "--output", tmp_path)
    assert result.exit_code == 0, result.output
    answer = pd.read_csv(tmp_path / "predictions.csv")
    assert len(answer) == PATIENTS
    assert answer["notice"].str.contains("Not a medical device.*Trained on simulated data").all()
    assert answer["validated"].str.startswith("AUC ").all()
    record = json.loads((tmp_path / "prediction.json").read_text(encoding="utf-8"))
    assert record["model"]["phantom"]
    assert {figure["mode"] for figure in record["model"]["figures"]} == {"paper", "nested"}
    assert "not exclude" in result.output


def test_predict_from_images_gives_what_the_table_gives(files: Path, tmp_path: Path) -> None:
    one = examination(3)
    for name, image in one.images.items():
        write_image(image, tmp_path / f"{name}.nii.gz")
    write_image(one.readings[0].segmentation.renumbered().image, tmp_path / "muscle.nii.gz")
    images = [part for name in one.images for part in ("--image", f"{name}={tmp_path / name}.nii.gz")]
    options = ("--labels", f"R1={tmp_path / 'muscle.nii.gz'}", "--region", "thigh", "--case", "case-03")
    result = call("predict", files / "tiny.mmyo", *images, *options, "--output", tmp_path / "images")
    assert result.exit_code == 0, result.output
    call("predict", files / "tiny.mmyo", "--table", files / "features.csv", "--output", tmp_path / "table")
    from_images = pd.read_csv(tmp_path / "images" / "predictions.csv")["p_bright"][0]
    from_table = pd.read_csv(tmp_path / "table" / "predictions.csv").set_index("case")["p_bright"]["case-03"]
    assert from_images == pytest.approx(from_table, rel=1e-6)
    assert (tmp_path / "images" / "features.csv").is_file()


def test_predict_takes_the_images_of_thigh_and_calf(tmp_path: Path) -> None:
    package = thigh_and_calf_package()
    save_model(package.model, package.card, tmp_path / "both.mmyo")
    options: list[Any] = []
    for region in ("thigh", "calf"):
        one = examination(3, region)
        (tmp_path / region).mkdir()
        for name, image in one.images.items():
            write_image(image, tmp_path / region / f"{name}.nii.gz")
            options += ["--image", f"{region}.{name}={tmp_path / region / name}.nii.gz"]
        write_image(one.readings[0].segmentation.renumbered().image, tmp_path / region / "muscle.nii.gz")
        options += ["--labels", f"{region}.R1={tmp_path / region / 'muscle.nii.gz'}"]
    call_for = ("predict", tmp_path / "both.mmyo", "--case", "case-03", "--output", tmp_path / "out")
    result = call(*call_for, *options)
    assert result.exit_code == 0, result.output
    found = pd.read_csv(tmp_path / "out" / "predictions.csv")["p_bright"]
    table = tiny_features("thigh", "calf")
    expected = predict(package, table[table["case"] == "case-03"])["p_bright"]
    assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-6)
    # Without what is drawn on the calf, and with files that only look as if they named a limb segment.
    result = call(*call_for, *options[:-2])
    assert result.exit_code == 2
    assert "what is drawn on the calf: calf.=FILE" in " ".join(result.output.split())
    result = call(*call_for, *options[:4], "--labels", "calf.nii.gz")
    assert "what is drawn on the thigh" in " ".join(result.output.split())


def test_features_outside_the_training_range_are_counted_and_listed(files: Path, tmp_path: Path) -> None:
    features = [one.name for one in load_model(files / "tiny.mmyo").card.features]
    assert len(features) >= 2
    table = pd.read_csv(files / "features.csv").head(1)
    table[features] = 1e6
    table.to_csv(tmp_path / "features.csv", index=False)
    (tmp_path / "features.json").write_bytes((files / "features.json").read_bytes())
    result = call(
        "predict", files / "tiny.mmyo", "--table", tmp_path / "features.csv", "--output", tmp_path / "out"
    )
    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.output.splitlines() if line.strip().startswith("warning: ")]
    count = f"{len(features)} of {len(features)} features"
    assert lines[0] == f"warning: {count} lie outside the training range: an extrapolation"
    assert [line.split(" ")[3] for line in lines[1 : 1 + len(features)]] == features


def test_a_table_of_another_preset_is_refused(files: Path, tmp_path: Path) -> None:
    (tmp_path / "features.csv").write_bytes((files / "features.csv").read_bytes())
    (tmp_path / "features.json").write_text(json.dumps({"preset": "x", "preset_sha256": "cd" * 32}))
    result = call(
        "predict", files / "tiny.mmyo", "--table", tmp_path / "features.csv", "--output", tmp_path / "out"
    )
    assert result.exit_code == 1
    assert "made with another preset" in result.output
    assert not (tmp_path / "out").exists()


def test_a_damaged_package_is_refused_with_the_reason(files: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mmyo").write_bytes((files / "tiny.mmyo").read_bytes()[:500])
    for command in (["card"], ["predict", "--table", files / "features.csv", "--output", tmp_path / "out"]):
        result = call(command[0], tmp_path / "bad.mmyo", *command[1:])
        assert result.exit_code == 1
        assert "a damaged or incomplete one" in result.output


def test_a_package_has_its_own_suffix(files: Path, tmp_path: Path) -> None:
    result = train(files, tmp_path / "model.zip")
    assert result.exit_code == 1
    assert "must end in .mmyo" in result.output


def test_a_job_reports_as_json_lines(files: Path, tmp_path: Path) -> None:
    result = call(
        *("predict", files / "tiny.mmyo", "--table", files / "features.csv", "--output", tmp_path),
        *("--progress", "json"),
    )
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert lines[-1] == {"result": str(tmp_path / "predictions.csv")}
    assert lines[0]["fraction"] == 0.0


def test_a_classifier_that_the_recipe_has_not_is_refused_before_the_validation(
    files: Path, tmp_path: Path
) -> None:
    result = train(files, tmp_path / "forest.mmyo", "--classifier", "RF")
    assert result.exit_code == 1
    assert "The recipe recipe has no classifier RF. It has: LR, LDA." in result.output
    assert not (tmp_path / "forest-validation").exists()
