"""The digital limb: a parametric, seeded model of thighs and calves, and images of it by the signal equations."""
