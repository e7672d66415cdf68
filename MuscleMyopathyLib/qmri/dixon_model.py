"""The signal of water and fat in a gradient-echo train, and its fit: s(t) = (W + F φ(t)) e^(iθ) e^(i2πψt − R2* t).

W and F are real and share the phase θ; ψ is the field map in Hz and φ the phasor of fat. For given ψ and
R2* the other three follow in closed form (variable projection): with A = [1, φ] e^(i2πψt − R2* t), z = Aᴴy and
M = Re AᴴA, the best real pair takes ½ (zᴴM⁻¹z + |zᵀM⁻¹z|) from the squared signal; M does not depend on ψ.
Sources: Bydder et al., Magn Reson Imaging 2011;29:216 (common phase); Hernando et al., Magn Reson Med 2010;63:79.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleMyopathyLib.qmri.fat_spectrum import FatSpectrum, main_shift_hz

Real = npt.NDArray[np.floating]
Complex = npt.NDArray[np.complexfloating]

_LARGEST_R2STAR = 500.0
_GAUSS_NEWTON_STEPS = 5


@dataclass(frozen=True)
class WaterFatModel:
    """Echo times and the fat spectrum at them.

    Attributes:
        times_s: Echo times in seconds, shape (echo,).
        fat: Fat's phasor at each, shape (echo,).
        main_shift_hz: Frequency of the main fat peak against water, negative.
        period_hz: Field maps that differ by this give the same echoes up to a common phase; infinite for unequal
            spacing.
        echoes_fit_r2star: Whether there are echoes enough (three) to fit R2*.
    """

    times_s: Real
    fat: Complex
    main_shift_hz: float
    period_hz: float
    echoes_fit_r2star: bool

    @classmethod
    def of(
        cls,
        times_ms: tuple[float, ...],
        field_strength_tesla: float,
        spectrum: FatSpectrum = FatSpectrum.SIX_PEAKS,
    ) -> WaterFatModel:
        """Return the model for echo times in ms."""
        times = np.array(times_ms) * 1e-3
        spacing = np.diff(times)
        even = np.ptp(spacing) <= 0.01 * spacing.mean()
        return cls(
            times_s=times,
            fat=np.array([spectrum.phasor(te_ms, field_strength_tesla) for te_ms in times_ms]),
            main_shift_hz=main_shift_hz(field_strength_tesla),
            period_hz=float(1 / spacing.mean()) if even else np.inf,
            echoes_fit_r2star=len(times_ms) >= 3,
        )

    def field_grid_hz(self) -> Real:
        """Return the field values that are searched: one period, or ±1.5 fat shifts for unequal spacing."""
        span = float(self.times_s[-1] - self.times_s[0])
        width = self.period_hz if np.isfinite(self.period_hz) else 3 * abs(self.main_shift_hz)
        count = max(24, int(np.ceil(width * 16 * span)))
        return (np.arange(count) / count - 0.5) * width

    def distance_hz(self, first: Real, second: Real) -> Real:
        """Return how far two fields are apart, around the period."""
        distance = np.abs(first - second)
        if not np.isfinite(self.period_hz):
            return distance
        distance = np.mod(distance, self.period_hz)
        return np.asarray(np.minimum(distance, self.period_hz - distance))

    def residuals(self, signals: Complex, field_hz: Real, r2star: float) -> Real:
        """Return the squared residual at each field value, shape (voxel, field), for non-negative water and fat.

        Args:
            signals: Shape (echo, voxel).
            field_hz: Shape (field,).
            r2star: In 1/s.
        """
        decay = np.exp(-r2star * self.times_s)
        demodulation = (np.exp(-2j * np.pi * field_hz[:, None] * self.times_s) * decay).astype(np.complex64)
        inverse = np.linalg.inv(self._gram(decay)).astype(np.float32)
        (ww, wf), (_, ff) = inverse
        own_w, own_f = 1 / self._gram(decay)[0, 0], 1 / self._gram(decay)[1, 1]
        trains = np.ascontiguousarray(signals.T).astype(np.complex64)
        zw = trains @ demodulation.T
        zf = trains @ (demodulation * self.fat.conj().astype(np.complex64)).T
        power_w, power_f = zw.real**2 + zw.imag**2, zf.real**2 + zf.imag**2
        cross = (zw.conj() * zf).real
        hermitian = ww * power_w + ff * power_f + 2 * wf * cross
        square_w, square_f = zw * zw, zf * zf
        both = zw * zf
        plain = ww * square_w + ff * square_f + 2 * wf * both
        magnitude = np.abs(plain)
        gain = 0.5 * (hermitian + magnitude)
        # With θ the common phase, e^(2iθ) = plain / |plain|; the product of W and F decides whether both are ≥ 0.
        turn = plain.conj() / np.maximum(magnitude, np.float32(1e-30))
        along_ww = power_w + (square_w * turn).real
        along_ff = power_f + (square_f * turn).real
        along_wf = cross + (both * turn).real
        product = ww * wf * along_ww + wf * ff * along_ff + (ww * ff + wf * wf) * along_wf
        alone = np.maximum(power_w * np.float32(own_w), power_f * np.float32(own_f))
        gain = np.where(product >= 0, gain, alone)
        total = np.einsum("ve,ve->v", trains.real, trains.real) + np.einsum("ve,ve->v", trains.imag, trains.imag)
        return np.asarray(np.maximum(total[:, None] - gain, 0))

    def amplitudes(self, signals: Complex, field_hz: Real, r2star: Real) -> tuple[Real, Real, Real]:
        """Return water, fat and their common phase of each voxel; noise may take one of the two below 0."""
        phase = np.exp(2j * np.pi * field_hz * self.times_s[:, None])
        decay = np.exp(-r2star * self.times_s[:, None])
        turned = signals * phase.conj() * decay
        zw, zf = turned.sum(axis=0), (self.fat.conj()[:, None] * turned).sum(axis=0)
        weight = decay * decay
        a = weight.sum(axis=0)
        b = (self.fat.real[:, None] * weight).sum(axis=0)
        c = ((np.abs(self.fat) ** 2)[:, None] * weight).sum(axis=0)
        determinant = a * c - b * b
        plain = (c * zw * zw + a * zf * zf - 2 * b * zw * zf) / determinant
        theta = 0.5 * np.angle(plain)
        along_w, along_f = (zw * np.exp(-1j * theta)).real, (zf * np.exp(-1j * theta)).real
        water = (c * along_w - b * along_f) / determinant
        fat = (a * along_f - b * along_w) / determinant
        negative = water + fat < 0
        theta = np.where(negative, theta + np.pi, theta)
        sign = np.where(negative, -1, 1)
        return sign * water, sign * fat, theta

    def refine(self, signals: Complex, field_hz: Real, r2star: Real) -> tuple[Real, Real, Real, Real, Real]:
        """Return water, fat, field, R2* and the squared residual after Gauss–Newton on all five numbers.

        Args:
            signals: Shape (echo, voxel).
            field_hz: Start, shape (voxel,).
            r2star: Start in 1/s, shape (voxel,); kept with two echoes.
        """
        start, reach = field_hz, abs(self.main_shift_hz) / 4
        for _ in range(_GAUSS_NEWTON_STEPS):
            model, columns = self.linearised(signals, field_hz, r2star)
            step = _real_least_squares(columns, signals - model)
            field_hz = np.clip(field_hz + np.clip(step[3], -20, 20), start - reach, start + reach)
            if self.echoes_fit_r2star:
                r2star = np.clip(r2star + np.clip(step[4], -60, 60), 0, _LARGEST_R2STAR)
        model, _ = self.linearised(signals, field_hz, r2star)
        water, fat, _ = self.amplitudes(signals, field_hz, r2star)
        squares = (np.abs(signals - model) ** 2).sum(axis=0)
        return water, fat, field_hz, r2star, squares

    def linearised(self, signals: Complex, field_hz: Real, r2star: Real) -> tuple[Complex, Complex]:
        """Return the best signal for a field and R2*, and its derivatives.

        Returns:
            The signal, shape (echo, voxel), and by water, fat, phase, field and (where it is fitted) R2*, shape
            (number, echo, voxel).
        """
        times = self.times_s[:, None]
        fat_phasor = self.fat[:, None]
        water, fat, theta = self.amplitudes(signals, field_hz, r2star)
        evolution = np.exp(1j * theta + (2j * np.pi * field_hz - r2star) * times)
        model = (water + fat * fat_phasor) * evolution
        columns = [evolution, fat_phasor * evolution, 1j * model, 2j * np.pi * times * model]
        if self.echoes_fit_r2star:
            columns.append(-times * model)
        return model, np.stack(columns)

    def _gram(self, decay: Real) -> Real:
        design = np.stack([decay.astype(complex), self.fat * decay])
        return np.asarray((design.conj() @ design.T).real)


def _real_least_squares(columns: Complex, target: Complex) -> Real:
    """Return the real coefficients, shape (column, voxel), of complex columns (column, echo, voxel)."""
    design = np.concatenate([columns.real, columns.imag], axis=1).transpose(2, 0, 1)
    right = np.concatenate([target.real, target.imag], axis=0).T
    scale = np.sqrt(np.einsum("vce,vce->vc", design, design)) + 1e-30
    design = design / scale[..., None]
    normal = design @ design.transpose(0, 2, 1)
    diagonal = np.arange(normal.shape[1])
    # Few echoes leave directions nearly open: these stay where they are.
    normal[:, diagonal, diagonal] += 1e-4
    solution = np.linalg.solve(normal, np.einsum("vce,ve->vc", design, right)[..., None])[..., 0]
    return np.asarray((solution / scale).T)
