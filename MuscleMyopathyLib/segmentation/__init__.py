"""Compartments, left and right, and the muscles."""
