"""Agreement between readings: intraclass correlation, kappa, overlap of contours, Bland–Altman."""
