"""What can be measured from what: the ways of the panel *qMRI*, with the volumes that each needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slicer.i18n import tr as _

from MuscleMyopathyLib.imaging.roles import Role

from .case_volumes import volume_of_role
from .grids import same_grid

FAT_FRACTION, T2, WATER_T2, R2STAR = "ff", "t2", "water_t2", "r2star"
"""Values of the parameter ``quantity``: the prefixes of `qmri.measures.Quantity`, which loads pandas."""

WATER_AND_FAT, MAP, ECHOES = "water and fat", "map", "echoes"
"""Values of the parameter ``source``."""


@dataclass(frozen=True)
class Input:
    """A volume that a way needs.

    Attributes:
        parameter: Its name in the parameter node; its widgets are called so with ``Selector`` and ``Label``.
        role: By which it is chosen at first.
        missing: What to say where it is not chosen.
    """

    parameter: str
    role: Role
    missing: str


@dataclass(frozen=True)
class Way:
    """One way to a quantity."""

    quantity: str
    source: str
    label: str
    tool_tip: str
    inputs: tuple[Input, ...]

    @property
    def by_pipeline(self) -> bool:
        """Whether the command ``case`` measures it, with compartments and report, from these very volumes."""
        return self.quantity == FAT_FRACTION and self.source != ECHOES

    @property
    def needs_times(self) -> bool:
        """Whether it needs echo times."""
        return self.source == ECHOES

    def chosen(self, node: Any) -> list[Any]:
        """Return the volumes as the parameter node has them, None where one is not chosen."""
        return [getattr(node, one.parameter) for one in self.inputs]

    def obstacle(self, node: Any) -> str:
        """Return why the chosen volumes do not do; empty where they do."""
        volumes = self.chosen(node)
        for one, volume in zip(self.inputs, volumes, strict=True):
            if volume is None:
                return one.missing
        if len(volumes) == 2:
            if volumes[0].GetID() == volumes[1].GetID():
                return (
                    _("Water and fat are the same volume. Choose two.")
                    if self.source == WATER_AND_FAT
                    else _("Magnitude and phase are the same volume. Choose two.")
                )
            if not same_grid(*volumes):
                return (
                    _("Water and fat do not share one grid. Choose images of the same series.")
                    if self.source == WATER_AND_FAT
                    else _("Magnitude and phase do not share one grid. Choose echoes of one series.")
                )
        return ""


_WATER = Input("water", Role.WATER, _("Choose the water image."))
_FAT = Input("fat", Role.FAT, _("Choose the fat image."))
_FF_MAP = Input("fatFractionMap", Role.FAT_FRACTION_MAP, _("Choose the fat-fraction map."))
_T2_MAP = Input("t2Map", Role.T2_MAP, _("Choose the scanner's T2 map."))
_R2STAR_MAP = Input("r2starMap", Role.R2STAR_MAP, _("Choose the scanner's R2* map."))
_SPIN = Input("spinEchoes", Role.MULTI_ECHO_SE, _("Choose the first of the spin echoes."))
_GRADIENT = Input("gradientEchoes", Role.MULTI_ECHO_GRE, _("Choose the first of the gradient echoes."))
_PHASE = Input("phaseEchoes", Role.MULTI_ECHO_GRE_PHASE, _("Choose the phase of the first gradient echo."))

INPUTS = (_WATER, _FAT, _FF_MAP, _T2_MAP, _R2STAR_MAP, _SPIN, _GRADIENT, _PHASE)

QUANTITIES = {
    FAT_FRACTION: _("Fat fraction"),
    T2: _("T2"),
    WATER_T2: _("Water T2"),
    R2STAR: _("R2*"),
}

_SEPARATION = _(
    "Water, fat, R2* and the field from the magnitude and phase of 3 or more gradient echoes, with the six-peak "
    "spectrum of fat (Hamilton et al., NMR Biomed 2011;24:784) and a smooth field map; voxels where water and fat "
    "may be exchanged are marked."
)

WAYS = (
    Way(
        FAT_FRACTION,
        WATER_AND_FAT,
        _("Water and fat images"),
        _("F / (F + W), voxel by voxel (Reeder et al., J Magn Reson Imaging 2012;36:1011)."),
        (_WATER, _FAT),
    ),
    Way(
        FAT_FRACTION,
        MAP,
        _("The scanner's FF map"),
        _("The scanner's proton-density fat fraction, in percent, per mille or 0 to 1."),
        (_FF_MAP,),
    ),
    Way(FAT_FRACTION, ECHOES, _("Gradient echoes"), _SEPARATION, (_GRADIENT, _PHASE)),
    Way(
        T2,
        ECHOES,
        _("Spin echoes, one exponential"),
        _(
            "One exponential decay from the second echo on, with the noise of the magnitude regarded. Grows with "
            "fat and with stimulated echoes: compare only within one protocol."
        ),
        (_SPIN,),
    ),
    Way(
        T2,
        MAP,
        _("The scanner's T2 map"),
        _("In ms, tenths of ms or s; codes of no fit are left out."),
        (_T2_MAP,),
    ),
    Way(
        WATER_T2,
        ECHOES,
        _("Spin echoes, extended phase graph"),
        _(
            "T2 of the water alone: stimulated echoes by B1, and fat as a second component of fixed T2 (Marty et "
            "al., NMR Biomed 2016;29:431). Does not grow with fat."
        ),
        (_SPIN,),
    ),
    Way(R2STAR, ECHOES, _("Gradient echoes"), _SEPARATION, (_GRADIENT, _PHASE)),
    Way(
        R2STAR, MAP, _("The scanner's R2* map"), _("In 1/s or 1/ms; codes of no fit are left out."), (_R2STAR_MAP,)
    ),
)


def ways_of(quantity: str) -> tuple[Way, ...]:
    """Return the ways to a quantity."""
    return tuple(way for way in WAYS if way.quantity == quantity)


def way_of(quantity: str, source: str) -> Way:
    """Return the way that is chosen; where the source does not lead to the quantity, the first that does."""
    ways = ways_of(quantity)
    return next((way for way in ways if way.source == source), ways[0])


def possible_ways(node: Any) -> list[Way]:
    """Return the ways whose volumes are chosen, or there to be chosen by their roles."""
    identifier = node.caseIdentifier
    return [
        way
        for way in WAYS
        if all(
            getattr(node, one.parameter) is not None or volume_of_role(identifier, one.role) is not None
            for one in way.inputs
        )
    ]
