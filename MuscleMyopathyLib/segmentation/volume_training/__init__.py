"""Training of a 3D network on whole volumes of the digital limb, as CNN-PM did for rectus femoris on T2w."""
