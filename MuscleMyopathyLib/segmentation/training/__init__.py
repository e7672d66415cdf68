"""Training of the muscle network on images synthesised from label maps of real and digital limbs."""
