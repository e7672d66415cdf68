"""The parameters behind Advanced in the panel *qMRI*: of the pipeline, and of the fit of a map."""

from __future__ import annotations

from typing import Any

from .panel_part import PanelPart
from .qmri_ways import ECHOES, T2, WATER_T2, Way
from .requirements import packages_are_there


class MapParameters(PanelPart):
    """Keeps changed parameters with the parameter node, as YAML; shows those that the chosen way has."""

    def __init__(self, module: Any, ui: Any, messages: Any) -> None:
        super().__init__(module, ui, messages)
        self._table: Any = None
        self._shown: str | None = None
        self._wanted = ""
        ui.advancedButton.contentsCollapsed.connect(lambda collapsed: self._show())

    def refresh(self, way: Way) -> None:
        """Show the parameters of a way."""
        self._wanted = _method(way)
        self._show()

    def case(self) -> Any:
        """Return the pipeline's ``CaseParameters`` as this scene keeps them.

        Raises:
            ParameterError: The scene was saved with values that this version refuses.
        """
        from MuscleMyopathyLib.parameters import from_mapping
        from MuscleMyopathyLib.study.pipeline import CaseParameters

        values = self._kept().get("case", {})
        values = {**values, "measures": {**values.get("measures", {}), "erosion_mm": self.node.erosionMm}}
        return from_mapping(CaseParameters, values)

    def measures(self) -> Any:
        """Return the ``MeasureParameters``: those of the pipeline, for all quantities."""
        return self.case().measures

    def map_preset(self, way: Way) -> str:
        """Return the changed parameters of a way's fit as YAML; empty for the defaults."""
        import yaml

        values = self._kept().get(_method(way))
        return yaml.safe_dump(values, sort_keys=False) if values and _method(way) != "case" else ""

    def _kept(self) -> dict[str, Any]:
        import yaml

        values = yaml.safe_load(self.node.preset) if self.node.preset else {}
        # Before there were several methods, the pipeline's parameters stood alone.
        return values if set(values) <= {"case", *_KINDS} else {"case": values}

    def _show(self) -> None:
        if self.node is None or self.ui.advancedButton.collapsed or self._shown == self._wanted:
            return
        if not packages_are_there(self.messages):
            return
        from .preset_table import PresetTable

        method = self._wanted
        self._shown = method
        if self._table is not None:
            self._table.close()
        self._table = PresetTable(
            self.ui.presetTable,
            self.case() if method == "case" else self._fit(method),
            hidden={"measures.erosion_mm"},
            refused=self.messages.error,
            changed=lambda parameters: self._on_changed(method, parameters),
        )

    def _fit(self, method: str) -> Any:
        from MuscleMyopathyLib.parameters import from_mapping

        return from_mapping(_parameters_of(method), self._kept().get(method, {}))

    def _on_changed(self, method: str, parameters: Any) -> None:
        import yaml

        from MuscleMyopathyLib.parameters import to_mapping

        self.node.preset = yaml.safe_dump({**self._kept(), method: to_mapping(parameters)}, sort_keys=False)
        self.messages.clear()


_KINDS = ("mono-exponential", "water")


def _method(way: Way) -> str:
    if way.source == ECHOES and way.quantity in (T2, WATER_T2):
        return "water" if way.quantity == WATER_T2 else "mono-exponential"
    return "case"


def _parameters_of(method: str) -> Any:
    if method == "water":
        from MuscleMyopathyLib.qmri.t2_water import WaterT2Parameters

        return WaterT2Parameters
    from MuscleMyopathyLib.qmri.t2_mono_exponential import MonoExponentialParameters

    return MonoExponentialParameters
