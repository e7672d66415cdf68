"""Third-party networks behind one interface: MONAI bundles, TorchScript, nnU-Net results, MuscleMap's weights."""
