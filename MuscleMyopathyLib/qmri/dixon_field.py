"""The field map of the whole limb out of each cell's candidates: belief propagation, then moves of whole regions.

Each cell (a few voxels in the plane) offers the deepest minima of its residual; exchanging water and fat is one of
them. Neighbours want fields that differ little, with a cap, so that skin and bone may break the field. Min-sum
belief propagation settles the cells; a region that agreed on the exchange within itself is then tried as a whole.
Sources: Yedidia, Freeman, Weiss, IEEE Trans Inf Theory 2005;51:2282; Berglund & Kullberg, Magn Reson Med
2012;67:1684 (few candidates per voxel, global optimisation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Real = npt.NDArray[np.floating]
Index = npt.NDArray[np.int64]
Distance = Callable[[Real, Real], Real]

CANDIDATES = 3
_CAP = 8.0
_ITERATIONS = 80
_DAMPING = 0.5
_LARGEST_REGIONS = 64


@dataclass(frozen=True)
class CellGraph:
    """Cells and which of them are neighbours.

    Attributes:
        first: One end of each edge.
        second: Its other end.
        scale_hz: Field difference that costs 1 along it.
    """

    first: Index
    second: Index
    scale_hz: Real

    @classmethod
    def of(cls, mask: npt.NDArray[np.bool_], size_mm: tuple[float, float, float], hz_per_mm: float) -> CellGraph:
        """Connect each cell of the mask (slice, row, column) with its next ones along the three axes."""
        number = np.full(mask.shape, -1, dtype=np.int64)
        number[mask] = np.arange(np.count_nonzero(mask))
        firsts, seconds, scales = [], [], []
        for axis, distance_mm in enumerate(size_mm):
            before = np.moveaxis(number, axis, 0)[:-1].ravel()
            after = np.moveaxis(number, axis, 0)[1:].ravel()
            both = (before >= 0) & (after >= 0)
            firsts.append(before[both])
            seconds.append(after[both])
            scales.append(np.full(np.count_nonzero(both), hz_per_mm * distance_mm))
        return cls(np.concatenate(firsts), np.concatenate(seconds), np.concatenate(scales))


def candidates(field_hz: Real, costs: Real) -> tuple[Real, Real]:
    """Return the fields and costs of the deepest minima of each cell, shape (cell, `CANDIDATES`), deepest first.

    Args:
        field_hz: Searched values, evenly spaced around one period, shape (field,).
        costs: Shape (cell, field).
    """
    before, after = np.roll(costs, 1, axis=1), np.roll(costs, -1, axis=1)
    minima = np.where((costs <= before) & (costs < after), costs, np.inf)
    chosen = np.argsort(minima, axis=1)[:, :CANDIDATES]
    rows = np.arange(len(costs))[:, None]
    depth = minima[rows, chosen]
    left, right, middle = before[rows, chosen], after[rows, chosen], costs[rows, chosen]
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = np.nan_to_num(0.5 * (left - right) / (left - 2 * middle + right)).clip(-0.5, 0.5)
    step = field_hz[1] - field_hz[0]
    # A cell with fewer minima repeats its deepest one.
    missing = ~np.isfinite(depth)
    fields = np.where(missing, field_hz[chosen[:, :1]], field_hz[chosen]) + step * shift
    fallback = np.where(np.isfinite(depth[:, :1]), depth[:, :1], costs.min(axis=1, keepdims=True))
    return fields, np.where(missing, fallback, depth)


def smooth_field(fields: Real, costs: Real, graph: CellGraph, distance: Distance, shift_hz: float) -> Index:
    """Return which candidate of each cell makes the field smooth at little cost, shape (cell,).

    Args:
        fields: Candidates in Hz, shape (cell, candidate).
        costs: Their costs, in units in which noise alone gives about 1.
        graph: The neighbours.
        distance: Difference of two fields in Hz, around the period.
        shift_hz: By how much exchanging water and fat moves the field.
    """
    chosen = _belief_propagation(fields, costs, graph, distance)
    return _move_regions(chosen, fields, costs, graph, distance, abs(shift_hz))


def _pair_cost(first: Real, second: Real, scale_hz: Real, distance: Distance) -> Real:
    return np.minimum(distance(first, second) / scale_hz, _CAP)


def _belief_propagation(fields: Real, costs: Real, graph: CellGraph, distance: Distance) -> Index:
    source = np.concatenate([graph.first, graph.second])
    target = np.concatenate([graph.second, graph.first])
    edges = graph.first.size
    reverse = np.concatenate([np.arange(edges, 2 * edges), np.arange(edges)])
    scale = np.concatenate([graph.scale_hz, graph.scale_hz])[:, None, None]
    pair = _pair_cost(fields[source][:, :, None], fields[target][:, None, :], scale, distance).astype(np.float32)
    own = costs.astype(np.float32)
    into = sparse.csr_matrix(
        (np.ones(2 * edges, dtype=np.float32), (target, np.arange(2 * edges))), shape=(len(fields), 2 * edges)
    )
    messages = np.zeros((2 * edges, fields.shape[1]), dtype=np.float32)
    for _ in range(_ITERATIONS):
        belief = own + into @ messages
        outgoing = belief[source] - messages[reverse]
        new = (outgoing[:, :, None] + pair).min(axis=1)
        new -= new.min(axis=1, keepdims=True)
        messages = _DAMPING * messages + (1 - _DAMPING) * new
    return np.asarray((own + into @ messages).argmin(axis=1))


def _move_regions(
    chosen: Index, fields: Real, costs: Real, graph: CellGraph, distance: Distance, shift_hz: float
) -> Index:
    """Exchange water and fat in whole regions where that lowers the energy."""
    cells = np.arange(len(fields))

    def energy(choice: Index) -> float:
        field = fields[cells, choice]
        pairs = _pair_cost(field[graph.first], field[graph.second], graph.scale_hz, distance)
        return float(costs[cells, choice].sum() + pairs.sum())

    lowest = energy(chosen)
    field = fields[cells, chosen]
    together = distance(field[graph.first], field[graph.second]) < shift_hz / 3
    links = sparse.coo_matrix(
        (np.ones(np.count_nonzero(together)), (graph.first[together], graph.second[together])),
        shape=(len(fields), len(fields)),
    )
    count, region = connected_components(links, directed=False)
    by_size = np.argsort(-np.bincount(region, minlength=count))
    for number in by_size[:_LARGEST_REGIONS]:
        inside = region == number
        for direction in (-shift_hz, shift_hz):
            wanted = fields[cells, chosen] + direction
            nearest = distance(fields, wanted[:, None]).argmin(axis=1)
            tried = np.where(inside, nearest, chosen)
            value = energy(tried)
            if value < lowest:
                chosen, lowest = tried, value
    return chosen
