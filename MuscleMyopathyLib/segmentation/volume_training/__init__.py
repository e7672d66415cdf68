"""Training of a 3D network on whole volumes of the digital limb.

Wu et al. (doi 10.1097/MD.0000000000044496) did so for rectus femoris on T2w of patients.
"""
