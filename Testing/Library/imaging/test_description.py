"""The table of series that the user reads."""

from __future__ import annotations

from MuscleMyopathyLib.imaging.description import describe_series
from MuscleMyopathyLib.imaging.folder import find_series
from Testing.Library.imaging.dicom_writer import stored_voxels, write_series


def test_the_table_has_one_row_per_series_with_size_spacing_and_reason(tmp_path):
    for time in (10, 20.5):
        write_series(tmp_path, stored_voxels(3), prefix=str(time), EchoTime=time, ScanningSequence="SE")
    (row,) = describe_series(find_series(tmp_path)).to_dict("records")
    assert row == {
        "name": "t1_tse_tra",
        "role": "multi-echo SE",
        "reason": "2 echoes of 10 to 20.5 ms; ScanningSequence says SE: multi-echo spin echo.",
        "size": "8 × 6 × 3",
        "spacing_mm": "0.5 × 0.7 × 5",
        "echo_times_ms": "10, 20.5",
        "files": 6,
        "region": "",
        "problem": "",
    }


def test_what_stands_in_the_way_of_loading_comes_first_in_the_problem_column(tmp_path):
    files = write_series(tmp_path, stored_voxels(5))
    files[2].write_bytes(files[2].read_bytes()[:300])
    (row,) = describe_series(find_series(tmp_path)).to_dict("records")
    assert row["size"] == ""
    assert row["problem"].startswith("A slice is missing between image-002.dcm and image-004.dcm")
    assert row["problem"].endswith("a slice may be missing: image-003.dcm.")


def test_no_series_is_a_table_without_rows_that_keeps_its_columns():
    assert list(describe_series([]).columns)[:3] == ["name", "role", "reason"]
