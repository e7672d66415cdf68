"""Selection of features: every step is a scikit-learn transformer, fitted on training cases alone."""
