"""The digital limb: a seeded phantom of both limbs that knows its truth. Never evidence about patients."""
