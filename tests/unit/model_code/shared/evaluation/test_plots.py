"""The plots beside a report: each that has content, the same every time, and never in the way."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.evaluation_report import EvaluationReport, Mistake
from shared.evaluation import evaluate
from shared.evaluation.plots import every
from tests.unit.model_code.shared.evaluation.conftest import Run
from tests.unit.model_code.shared.evaluation.test_report_page import TUNING, picture, report

MISTAKE = Mistake(key="uploads/a.png", label="a", predicted="b", confidence=0.8)
ALL = {
    "learning_curves.png",
    "confusion_matrix.png",
    "calibration.png",
    "tuning_scatter.png",
    "worst_mistakes.png",
}


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_everything_that_a_report_holds_is_drawn(tmp_path: Path) -> None:
    plots = every.draw(report("a", "b", tuning=TUNING), [(MISTAKE, picture())], tmp_path)
    assert {plot.file for plot in plots} == files(tmp_path) == ALL
    assert not [plot.missing for plot in plots if plot.missing]
    for file in ALL:
        with Image.open(tmp_path / file) as drawn:
            shades = np.asarray(drawn.convert("L"))
        assert shades.max() > 250, file
        assert (shades < 128).sum() > 100, file


def test_what_a_report_does_not_hold_is_not_drawn(tmp_path: Path) -> None:
    every.draw(report("a", "b", learning_curve=()), [(MISTAKE, b"")], tmp_path)
    assert files(tmp_path) == {"confusion_matrix.png", "calibration.png"}


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        every.draw(report("a", "b"), [], tmp_path / name)
        drawn.append((tmp_path / name / "confusion_matrix.png").read_bytes())
    assert drawn[0] == drawn[1]


def test_names_that_look_like_formulas_or_need_other_fonts_are_drawn(tmp_path: Path) -> None:
    names = ("$x^{", "鳥 の 名前 " * 9, "\\frac$$", "a\u202eb")
    mistake = Mistake(key="k", label=names[0], predicted=names[1], confidence=0.5)
    plots = every.draw(report(*names), [(mistake, picture())], tmp_path)
    assert [plot.missing for plot in plots] == [None] * 4


def test_two_hundred_classes_have_a_matrix(tmp_path: Path) -> None:
    plots = every.draw(report(*(f"class {number}" for number in range(200))), [], tmp_path)
    assert [plot.missing for plot in plots if plot.file == "confusion_matrix.png"] == [None]


def test_an_image_without_matplotlib_says_so_and_judges_all_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("shared.evaluation.plots.")]:
        if not name.endswith(".every"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("shared.evaluation.plots.confusion_matrix", raising=False)
    monkeypatch.delattr("shared.evaluation.plots.calibration", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(sys, "argv", ["evaluate", *run.arguments()])
    assert evaluate.main() == 0
    written = EvaluationReport.parse((run.folder / "report" / "evaluation.json").read_bytes())
    assert {plot.file for plot in written.plots} == {"confusion_matrix.png", "calibration.png"}
    assert all("matplotlib" in str(plot.missing) for plot in written.plots)
    assert files(run.folder / "report") == {"evaluation.json", "evaluation.html"}
    assert "matplotlib" in (run.folder / "report" / "evaluation.html").read_text()


def test_a_plot_that_fails_is_told_and_the_others_are_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plots = every.draw(report("a", "b"), [(MISTAKE, b"no picture")], tmp_path)
    missing = {plot.file: plot.missing for plot in plots if plot.missing}
    assert list(missing) == ["worst_mistakes.png"]
    assert "UnidentifiedImageError" in str(missing["worst_mistakes.png"])
    assert "worst_mistakes.png could not be drawn" in capsys.readouterr().out
    assert "worst_mistakes.png" not in files(tmp_path)


def test_large_pictures_are_drawn_as_well(tmp_path: Path) -> None:
    encoded = io.BytesIO()
    Image.new("L", (300, 200), 90).save(encoded, "JPEG")
    plots = every.draw(report("a", "b"), [(MISTAKE, encoded.getvalue())] * 24, tmp_path)
    assert not [plot.missing for plot in plots if plot.missing]


def test_an_evaluation_writes_its_plots_and_lists_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.write_data(("no", "yes"))
    run.write_model(classes=("no", "yes"), weights=[[1.0, -1.0], [0.0, 0.0]])
    monkeypatch.setattr(sys, "argv", ["evaluate", *run.arguments("--gate-metric=auc")])
    assert evaluate.main() == 0
    written = EvaluationReport.parse((run.folder / "report" / "evaluation.json").read_bytes())
    listed = {plot.file for plot in written.plots}
    assert listed == {"confusion_matrix.png", "calibration.png", "roc.png"}
    assert files(run.folder / "report") == {"evaluation.json", "evaluation.html"} | listed
