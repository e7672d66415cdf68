"""Associations of measures with groups, laboratory values and scores; selection and classifiers."""
